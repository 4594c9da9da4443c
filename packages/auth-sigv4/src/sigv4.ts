import {
  type Auth,
  type AuthContext,
  AuthError,
  type AuthProvider,
  type Credential,
  envBoolean,
  envNumber,
  envString,
} from "@mlflow-kit/core";
import { assumeRole } from "./assume-role.ts";
import type { AwsCredentialProvider, AwsCredentials } from "./credentials.ts";
import { type Identity, resolveIdentity } from "./identity.ts";
import { type AwsProfile, readProfile } from "./profile.ts";
import { type ClockSkew, clockSkew, saysStale } from "./refusal.ts";
import { endpointUrl, parseSageMakerArn, type SageMakerArn, sageMakerUrl } from "./sagemaker-arn.ts";
import { resolveScope, type Scope } from "./scope.ts";

/** Everything is optional: without options, the environment and `~/.aws` decide. */
export interface Sigv4Options {
  /** Static credentials, or any AWS credential provider function. Default: the environment, then the AWS chain. */
  readonly credentials?: AwsCredentials | AwsCredentialProvider;
  /** A profile of `~/.aws`. Default `AWS_PROFILE`. */
  readonly profile?: string;
  /** Default: the ARN's, the host's, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's. */
  readonly region?: string;
  /** The name that AWS signs with. Default: the ARN's, the host's, `execute-api`. */
  readonly service?: string;
  /** A role to assume with these credentials. Default `SAGEMAKER_MLFLOW_ASSUME_ROLE_ARN`. */
  readonly roleArn?: string;
  /** Appears in CloudTrail. Default `mlflow-kit`. */
  readonly roleSessionName?: string;
  /** What the role's trust policy may ask for. */
  readonly externalId?: string;
  /** Seconds that a session of the role lasts, 900 to 43 200. Default 3600. */
  readonly roleDurationSeconds?: number;
}

/**
 * Signs every request with AWS Signature Version 4, by `@smithy/signature-v4`. On when `MLFLOW_TRACKING_AWS_SIGV4` is
 * true, when the tracking URI is a SageMaker ARN, or when options are given.
 *
 * @throws AuthError at once, `ERR_OPTION` for an option that is unknown or of another type; when selected, for half a
 * pair of keys, a region that is found nowhere, an ARN that is not SageMaker's; when first used, `ERR_AUTH_LOAD` for
 * credentials that cannot be had.
 */
export function sigv4(options: Sigv4Options = {}): AuthProvider {
  checkOptions(options);
  return {
    name: "sigv4",
    async resolve(context) {
      const enabled = envBoolean(context.env, "MLFLOW_TRACKING_AWS_SIGV4");
      const given = Object.values(options).some((value) => value !== undefined);
      const arn = parseArn(context, given || enabled === true);
      if (given) return select(context, options, arn, "the options");
      if (arn !== undefined) return select(context, options, arn, "the tracking URI");
      if (enabled) return select(context, options, arn, "MLFLOW_TRACKING_AWS_SIGV4");
      return context.skip(`MLFLOW_TRACKING_AWS_SIGV4 is ${enabled === false ? "false" : "not set"}`);
    },
  };
}

const kinds: Record<keyof Sigv4Options, readonly string[]> = {
  credentials: ["object", "function"],
  profile: ["string"],
  region: ["string"],
  service: ["string"],
  roleArn: ["string"],
  roleSessionName: ["string"],
  externalId: ["string"],
  roleDurationSeconds: ["number"],
};

function checkOptions(options: Sigv4Options): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof Sigv4Options] : undefined;
    if (kind === undefined) {
      throw new AuthError("ERR_OPTION", "sigv4: there is an option that it does not know", {
        hint: `Its options are ${Object.keys(kinds).join(", ")}.`,
      });
    }
    if (value !== undefined && !kind.includes(typeof value)) {
      throw new AuthError("ERR_OPTION", `sigv4: the ${name} option is not a ${kind.join(" or a ")}`);
    }
  }
}

async function select(
  context: AuthContext,
  options: Sigv4Options,
  arn: SageMakerArn | undefined,
  switchedOnBy: string,
): Promise<Auth> {
  let reading: Promise<AwsProfile> | undefined;
  const profile = () => {
    reading ??= readProfile(context, options.profile);
    return reading;
  };
  const scope = await resolveScope(context, options, arn, profile);
  const source = await resolveIdentity(context, options, scope.region, profile);
  const skew = clockSkew();
  const role = roleOf(context, options, scope, skew);
  const identity = role === undefined ? source : assumeRole(source, role);
  return {
    source: switchedOnBy,
    details: {
      credentials: identity.from,
      region: `${scope.region} (${scope.regionFrom})`,
      service: `${scope.service} (${scope.serviceFrom})`,
    },
    ...(arn === undefined ? {} : { baseUrl: sageMakerUrl(arn, context.env) }),
    signs: true,
    ...signing(context, identity, scope, skew, arn, role && roleLifetime(context)),
  };
}

/** The parts of an `Auth` that load credentials, sign with them, and mend what AWS complains of. */
function signing(
  { now }: AuthContext,
  identity: Identity,
  { region, service }: Scope,
  skew: ClockSkew,
  arn: SageMakerArn | undefined,
  lifetime: number | undefined,
): Pick<Auth, "load" | "recover"> {
  let loaded: { readonly credentials: AwsCredentials; readonly offset: number } | undefined;

  return {
    async load(context): Promise<Credential> {
      const [{ createSigner }, { signRequest }] = await Promise.all([
        import("./signer.ts"),
        import("./sign-request.ts"),
      ]);
      // After a lesson about the clock the credentials are still good.
      const credentials =
        loaded && loaded.offset !== skew.offset
          ? loaded.credentials
          : await identity.load(context, loaded !== undefined);
      loaded = { credentials, offset: skew.offset };
      const signer = createSigner({ credentials, region, service });
      // The expiration is told by the server's clock.
      const expires = credentials.expiration && credentials.expiration.getTime() - skew.offset;
      return {
        ...(expires && { expiresAt: new Date(expires) }),
        ...(expires && lifetime && { refreshAt: refreshTime(now(), expires, lifetime) }),
        async authorize(request) {
          if (arn !== undefined) request.headers[arn.header] = arn.arn;
          await signRequest(request, signer, service, new Date(now() + skew.offset));
        },
      };
    },
    recover(refusal, request) {
      return skew.learn(refusal, request, now()) || (identity.refreshable && saysStale(refusal));
    },
  };
}

function roleOf({ env }: AuthContext, options: Sigv4Options, { region }: Scope, skew: ClockSkew) {
  const variable = "SAGEMAKER_MLFLOW_ASSUME_ROLE_ARN";
  const roleArn = options.roleArn ?? envString(env, variable);
  if (roleArn === undefined) return undefined;
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]+$/.test(roleArn)) {
    const setting = options.roleArn === undefined ? variable : "roleArn";
    throw new AuthError("ERR_AUTH_INVALID", `sigv4: ${setting} is not the ARN of a role`, {
      hint: "Write arn:aws:iam::<account>:role/<name>.",
    });
  }
  const endpoints = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] as const;
  const setting = endpoints.find((name) => envString(env, name));
  return {
    roleArn,
    sessionName: options.roleSessionName ?? "mlflow-kit",
    externalId: options.externalId,
    duration: options.roleDurationSeconds ?? 3600,
    region,
    endpoint: setting && endpointUrl(env[setting] as string, setting),
    skew,
  };
}

/** Milliseconds after which a role's session is renewed, within what sagemaker-mlflow for Python accepts. */
function roleLifetime({ env }: AuthContext): number | undefined {
  const seconds = envNumber(env, "SAGEMAKER_MLFLOW_ASSUME_ROLE_TTL_SECONDS");
  return seconds === undefined ? undefined : Math.min(3600, Math.max(300, seconds)) * 1000;
}

/** After the lifetime that was asked for, but in time before the session ends. */
function refreshTime(now: number, expires: number, lifetime: number): Date {
  return new Date(Math.min(now + lifetime, expires - Math.min((expires - now) / 2, 5 * 60_000)));
}

/** Another provider may know an ARN that is not SageMaker's, unless this one was asked for. */
function parseArn({ trackingUri }: AuthContext, wanted: boolean): SageMakerArn | undefined {
  if (!wanted && trackingUri !== undefined && !/^arn:[^:]*:sagemaker:/i.test(trackingUri)) return undefined;
  return parseSageMakerArn(trackingUri);
}
