import { type AuthContext, AuthError, envString } from "@mlflow-kit/core";
import { type AwsCredentialProvider, type AwsCredentials, checkCredentials } from "./credentials.ts";
import type { AwsProfile } from "./profile.ts";

/** Where credentials come from, found without asking anyone. */
export interface Identity {
  /** Safe to print: `AWS_ACCESS_KEY_ID`, `profile dev (SSO)`. */
  readonly from: string;
  /** Whether asking again can give others. */
  readonly refreshable: boolean;
  /** @throws AuthError `ERR_AUTH_LOAD`, and what {@link checkCredentials} throws. */
  load(context: AuthContext, forceRefresh: boolean): Promise<AwsCredentials>;
}

export interface IdentityOptions {
  readonly credentials?: AwsCredentials | AwsCredentialProvider;
  readonly profile?: string;
}

const webIdentity = "AWS_WEB_IDENTITY_TOKEN_FILE";

/**
 * Options, else the profile option, else the keys of the environment, else the AWS chain: profile, web identity,
 * container, instance. As in botocore, keys of the environment come before `AWS_PROFILE`.
 *
 * @throws AuthError `ERR_AUTH_INCOMPLETE`, `ERR_AUTH_INVALID`, `ERR_AUTH_CONFLICT`, `ERR_AUTH_FILE`.
 */
export async function resolveIdentity(
  { env, log }: AuthContext,
  { credentials, profile: chosen }: IdentityOptions,
  region: string,
  profile: () => Promise<AwsProfile>,
): Promise<Identity> {
  if (credentials !== undefined) {
    if (chosen !== undefined) {
      throw new AuthError("ERR_AUTH_CONFLICT", "sigv4: the credentials and profile options are both given", {
        hint: "Give one of them.",
      });
    }
    return typeof credentials === "function"
      ? ofFunction(credentials)
      : constant(credentials, "the credentials option");
  }
  if (chosen === undefined) {
    const keys = environmentKeys(env);
    if (keys !== undefined) {
      if (envString(env, "AWS_PROFILE")) {
        log.warn("sigv4: AWS_ACCESS_KEY_ID and AWS_PROFILE are both set; the keys are used");
      }
      return constant(keys, "AWS_ACCESS_KEY_ID");
    }
  }
  return ofChain(env, await profile(), region);
}

function environmentKeys(env: AuthContext["env"]): AwsCredentials | undefined {
  const accessKeyId = envString(env, "AWS_ACCESS_KEY_ID");
  const secretAccessKey = envString(env, "AWS_SECRET_ACCESS_KEY");
  const sessionToken = envString(env, "AWS_SESSION_TOKEN");
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, sessionToken };
  const set = Object.entries({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  }).find(([, value]) => value !== undefined)?.[0];
  if (set === undefined) return undefined;
  const missing = accessKeyId ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
  throw new AuthError("ERR_AUTH_INCOMPLETE", `sigv4: ${set} is set but ${missing} is not`, {
    hint: `Set ${missing}, or unset ${set} to use a profile; the credentials option takes both.`,
  });
}

function constant(given: AwsCredentials, from: string): Identity {
  const checked = checkCredentials(given, from);
  return { from, refreshable: false, load: async () => checked };
}

function ofFunction(provider: AwsCredentialProvider): Identity {
  const from = "the credentials function";
  return {
    from,
    refreshable: true,
    async load(_context, forceRefresh) {
      const given = await ask(from, undefined, async () => provider({ forceRefresh }));
      return checkCredentials(given, from);
    },
  };
}

function ofChain(env: AuthContext["env"], profile: AwsProfile, region: string): Identity {
  const from = describeChain(env, profile);
  if (from === webIdentity && !envString(env, "AWS_ROLE_ARN")) {
    // AWS's chain would pass it over in silence, and go on as the machine.
    throw new AuthError("ERR_AUTH_INCOMPLETE", `sigv4: ${webIdentity} is set but AWS_ROLE_ARN is not`, {
      hint: `Set AWS_ROLE_ARN to the role that the token is for, or unset ${webIdentity}.`,
    });
  }
  let provider: AwsCredentialProvider | undefined;
  return {
    from,
    refreshable: true,
    async load({ log }, forceRefresh) {
      const given = await ask(from, profile, async () => {
        provider ??= await awsChain(env, profile, region, (message) => log.warn(`sigv4: ${message}`));
        return provider({ forceRefresh });
      });
      return checkCredentials(given, from);
    },
  };
}

async function awsChain(
  env: AuthContext["env"],
  profile: AwsProfile,
  region: string,
  warn: (message: string) => void,
): Promise<AwsCredentialProvider> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const silent = () => {};
  return defaultProvider({
    // A named profile keeps the chain from reading the keys of the process's environment.
    profile: profile.name,
    configFilepath: profile.configFile,
    filepath: profile.credentialsFile,
    ignoreCache: true,
    webIdentityTokenFile: envString(env, webIdentity),
    roleArn: envString(env, "AWS_ROLE_ARN"),
    roleSessionName: envString(env, "AWS_ROLE_SESSION_NAME"),
    parentClientConfig: { region },
    timeout: 1_000,
    maxRetries: 0,
    logger: { debug: silent, info: silent, warn: (message: unknown) => warn(String(message)), error: silent },
  });
}

/** The first link of the AWS chain that is configured, as far as that can be seen from here. */
function describeChain(env: AuthContext["env"], { name, setting, values }: AwsProfile): string {
  const profile = `profile ${name}${setting === "AWS_PROFILE" ? " (AWS_PROFILE)" : ""}`;
  if (values.has("role_arn") && values.has("web_identity_token_file")) return `${profile}: web identity`;
  if (values.has("role_arn")) return `${profile}: role ${values.get("role_arn")}`;
  if (values.has("aws_access_key_id")) return `${profile}: keys`;
  if (values.has("sso_session") || values.has("sso_start_url")) return `${profile}: SSO`;
  if (values.has("credential_process")) return `${profile}: credential_process`;
  if (values.has("login_session")) return `${profile}: aws login`;
  if (envString(env, webIdentity)) return webIdentity;
  for (const variable of ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]) {
    if (envString(env, variable)) return variable;
  }
  return /^(?!false$)./.test(envString(env, "AWS_EC2_METADATA_DISABLED") ?? "")
    ? `nothing: no keys, no ${profile}, and AWS_EC2_METADATA_DISABLED is set`
    : "instance metadata";
}

/** The messages of credential helpers can hold what they were run with, so only their kind is shown. */
async function ask(from: string, profile: AwsProfile | undefined, give: () => Promise<unknown>): Promise<unknown> {
  try {
    return await give();
  } catch (error) {
    if (error instanceof AuthError) throw error;
    const { name = "Error", message = "" } = error instanceof Error ? error : {};
    const where = profile
      ? `; looked at AWS_ACCESS_KEY_ID, ${profile.configFile}, ${profile.credentialsFile}, ` +
        "AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_* and instance metadata"
      : "";
    const missing = `sigv4: no AWS credentials from ${from} (${name.replace(/\W/g, "")})${where}`;
    throw new AuthError("ERR_AUTH_LOAD", missing, { hint: hintFor(message, profile) });
  }
}

function hintFor(message: string, profile: AwsProfile | undefined): string {
  if (profile === undefined) return "See why the function given as credentials fails.";
  if (/\bsso\b/i.test(message)) return `Run: aws sso login --profile ${profile.name}`;
  if (profile.values.has("credential_process"))
    return "Run the profile's credential_process by hand and see what it says.";
  if (profile.values.has("role_arn"))
    return "See that the source credentials may call sts:AssumeRole on the profile's role_arn.";
  return "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or pass the credentials option.";
}
