import { type AuthContext, AuthError, envString } from "@mlflow-kit/core";

/** One profile of `~/.aws/config` and `~/.aws/credentials`, merged as AWS does. */
export interface AwsProfile {
  readonly name: string;
  /** The option or variable that chose it; undefined for `default`. */
  readonly setting?: string;
  readonly configFile: string;
  readonly credentialsFile: string;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Reads the profile named by the option, else `AWS_PROFILE`, else `default`, from the files that `AWS_CONFIG_FILE` and
 * `AWS_SHARED_CREDENTIALS_FILE` name.
 *
 * @throws AuthError `ERR_AUTH_FILE` for a chosen profile that is in neither file, `ERR_AUTH_INCOMPLETE` for half a pair
 * of keys.
 */
export async function readProfile(context: AuthContext, option: string | undefined): Promise<AwsProfile> {
  const { env, homeDir } = context;
  const { join } = process.getBuiltinModule("node:path");
  const setting = option !== undefined ? "the profile option" : envString(env, "AWS_PROFILE") && "AWS_PROFILE";
  const name = option ?? envString(env, "AWS_PROFILE") ?? "default";
  const configFile = envString(env, "AWS_CONFIG_FILE") ?? join(homeDir, ".aws", "config");
  const credentialsFile = envString(env, "AWS_SHARED_CREDENTIALS_FILE") ?? join(homeDir, ".aws", "credentials");
  const [config, credentials] = await Promise.all([
    sections(configFile, "AWS_CONFIG_FILE"),
    sections(credentialsFile, "AWS_SHARED_CREDENTIALS_FILE"),
  ]);
  const found = [
    config.get(`profile ${name}`) ?? (name === "default" ? config.get(name) : undefined),
    credentials.get(name),
  ];
  if (setting !== undefined && found.every((section) => section === undefined)) {
    throw new AuthError(
      "ERR_AUTH_FILE",
      `sigv4: the profile of ${setting} is in neither ${configFile} nor ${credentialsFile}`,
      {
        hint: "Run `aws configure list-profiles` to see what there is.",
      },
    );
  }
  const values = new Map(found.flatMap((section) => [...(section ?? [])]));
  if (values.has("aws_access_key_id") !== values.has("aws_secret_access_key")) {
    const missing = values.has("aws_access_key_id") ? "aws_secret_access_key" : "aws_access_key_id";
    throw new AuthError("ERR_AUTH_INCOMPLETE", `sigv4: the profile ${name} has no ${missing} in ${credentialsFile}`, {
      hint: "Run `aws configure` to write both keys; nothing is completed from elsewhere.",
    });
  }
  return { name, setting, configFile, credentialsFile, values };
}

async function sections(path: string, setting: string): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>();
  const { isAbsolute } = process.getBuiltinModule("node:path");
  const { readOptionalFile } = await import("@mlflow-kit/core/provider");
  const text = isAbsolute(path) ? await readOptionalFile(path, { owner: "sigv4", setting }) : undefined;
  let current: Map<string, string> | undefined;
  for (const line of text?.split(/\r?\n/) ?? []) {
    const header = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (header !== undefined) {
      const name = header
        .trim()
        .replace(/\s+/g, " ")
        .replace(/^(profile) ["'](.*)["']$/, "$1 $2");
      current = found.get(name) ?? new Map();
      found.set(name, current);
      continue;
    }
    const [, key, value] = /^([^\s=#;][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line) ?? [];
    if (key && value) current?.set(key.toLowerCase(), value);
  }
  return found;
}
