import type { AuthContext } from "@mlflow-kit/core";
import { envString } from "@mlflow-kit/core";
import { fault } from "../errors.ts";
import type { Settings } from "../options.ts";
import type { DatabricksUri } from "../uri.ts";
import { attributes } from "./attributes.ts";
import { type Config, type Draft, fill, isSet } from "./draft.ts";
import { canonicalHost } from "./host.ts";
import { readProfile } from "./profile.ts";
import { checkValues } from "./validate.ts";
import { parseSetting } from "./value.ts";

/**
 * Merges options, the tracking URI's profile, the environment and the file, in this order; a value that is set stays.
 * Then brings the host into its canonical form.
 *
 * @throws AuthError for a value outside its set, and a profile that is not there.
 */
export async function loadConfig(given: Draft, uri: DatabricksUri | undefined, context: AuthContext): Promise<Config> {
  const draft: Draft = { settings: { ...given.settings }, sources: new Map(given.sources) };
  if (uri !== undefined) fill(draft, "profile", uri.profile, "the tracking URI");
  for (const { key, env, kind } of attributes) {
    for (const name of env) {
      const value = envString(context.env, name);
      if (value !== undefined && draft.settings[key] === undefined)
        fill(draft, key, parseSetting(kind, value, name), name);
    }
  }
  if (needsFile(draft.settings)) await readProfile(draft, context);
  if (uri === undefined && context.trackingUri !== undefined) {
    fill(draft, "host", context.trackingUri, "the tracking URI");
  }
  canonicaliseHost(draft);
  checkValues(draft);
  return draft;
}

/** Who says how to authenticate, or where, does not mean the default profile. */
function needsFile(settings: Settings): boolean {
  if (settings.profile !== undefined) return true;
  return settings.host === undefined && !attributes.some(({ key, group }) => group && isSet(settings, key));
}

function canonicaliseHost({ settings, sources }: Draft): void {
  if (settings.host === undefined) return;
  const source = sources.get("host")!;
  const canonical = canonicalHost(settings.host);
  if (canonical === undefined) {
    throw fault("ERR_AUTH_INVALID", `no host configured: ${source} holds no address of a server`, {
      hint: "Write it as https://dbc-….cloud.databricks.com, without user name or password.",
    });
  }
  settings.host = canonical.host;
  fill({ settings, sources }, "workspaceId", canonical.workspaceId, source);
  fill({ settings, sources }, "accountId", canonical.accountId, source);
}
