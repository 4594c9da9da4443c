import { fault } from "../errors.ts";
import { attributes } from "./attributes.ts";
import { describeConfig } from "./describe.ts";
import { type Config, isSet } from "./draft.ts";
import { isAzureEnvironment } from "./environment.ts";

/** @throws AuthError `ERR_AUTH_CONFLICT` when settings of several ways of authenticating are there, and none is chosen. */
export function checkGroups(config: Config): void {
  const { settings } = config;
  if (settings.authType !== undefined) return;
  const groups = new Set(attributes.filter(({ key }) => isSet(settings, key)).flatMap(({ group }) => group ?? []));
  if (groups.size < 2) return;
  const names = [...groups].sort().join(" and ");
  throw fault(
    "ERR_AUTH_CONFLICT",
    `validate: more than one authorization method configured: ${names}.${describeConfig(config)}`,
    { hint: "Unset the settings of all but one, or choose one with DATABRICKS_AUTH_TYPE." },
  );
}

/** @throws AuthError `ERR_AUTH_INVALID` for names outside their set. */
export function checkValues({ settings, sources }: Config): void {
  const wrong = (key: "cloud" | "azureEnvironment", values: string) =>
    fault("ERR_AUTH_INVALID", `${sources.get(key)} is none of ${values}`, { hint: `Set it to one of ${values}.` });
  if (settings.cloud !== undefined && !/^(aws|azure|gcp)$/i.test(settings.cloud)) {
    throw wrong("cloud", "AWS, AZURE, GCP");
  }
  if (settings.azureEnvironment !== undefined && !isAzureEnvironment(settings.azureEnvironment)) {
    throw wrong("azureEnvironment", "PUBLIC, USGOVERNMENT, CHINA");
  }
}
