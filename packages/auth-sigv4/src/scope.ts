import { type AuthContext, AuthError, envString } from "@mlflow-kit/core";
import type { AwsProfile } from "./profile.ts";
import type { SageMakerArn } from "./sagemaker-arn.ts";

/** For which region and service is signed, and who said so. */
export interface Scope {
  readonly region: string;
  readonly regionFrom: string;
  readonly service: string;
  readonly serviceFrom: string;
}

const hosts: readonly (readonly [RegExp, string])[] = [
  [/\.execute-api\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$/, "execute-api"],
  [/^([a-z0-9-]+)\.experiments\.sagemaker\.aws$/, "sagemaker-mlflow"],
  [/^mlflow\.sagemaker\.([a-z0-9-]+)\.app\.aws$/, "sagemaker"],
  [/\.lambda-url\.([a-z0-9-]+)\.on\.aws$/, "lambda"],
  [/\.vpc-lattice-svcs\.([a-z0-9-]+)\.on\.aws$/, "vpc-lattice-svcs"],
];
const regionForm = /^[a-z]{2,}(-[a-z0-9]+)+$/;

/** What a host of AWS says by itself. */
export function scopeOfHost(hostname: string): { region: string; service: string } | undefined {
  for (const [form, service] of hosts) {
    const region = form.exec(hostname)?.[1];
    if (region !== undefined && regionForm.test(region)) return { region, service };
  }
  return undefined;
}

/**
 * Region: option, ARN, host, `AWS_REGION`, `AWS_DEFAULT_REGION`, profile. Service: option, ARN, host, `execute-api`.
 *
 * @throws AuthError `ERR_AUTH_INCOMPLETE` when no region is found, listing where it was looked for; `ERR_AUTH_INVALID`
 * for what cannot be one.
 */
export async function resolveScope(
  context: AuthContext,
  options: { region?: string; service?: string },
  arn: SageMakerArn | undefined,
  profile: () => Promise<AwsProfile>,
): Promise<Scope> {
  const { env, trackingUri } = context;
  const url = trackingUri !== undefined && URL.canParse(trackingUri) ? new URL(trackingUri) : undefined;
  const host = arn === undefined && url ? scopeOfHost(url.hostname) : undefined;
  const known = first(
    [options.region, "option"],
    [arn?.region, "ARN"],
    [host?.region, "host"],
    [envString(env, "AWS_REGION"), "AWS_REGION"],
    [envString(env, "AWS_DEFAULT_REGION"), "AWS_DEFAULT_REGION"],
  );
  const region = known ?? (await regionOfProfile());
  if (region === undefined) {
    const { name, configFile } = await profile();
    const named = url?.hostname ? `the host ${url.hostname}` : "the host";
    throw new AuthError(
      "ERR_AUTH_INCOMPLETE",
      `sigv4: no AWS region: looked at the region option, ${named} (which names none), AWS_REGION, ` +
        `AWS_DEFAULT_REGION and the profile ${name} in ${configFile}`,
      { hint: "Set AWS_REGION to the region that the server is in." },
    );
  }
  const service = first([options.service, "option"], [arn?.service, "ARN"], [host?.service, "host"]) ?? [
    "execute-api",
    "default",
  ];
  if (!regionForm.test(region[0])) {
    throw new AuthError("ERR_AUTH_INVALID", `sigv4: the region (${region[1]}) cannot be an AWS region`, {
      hint: "A region looks like eu-west-1.",
    });
  }
  if (!/^[a-z0-9-]+$/.test(service[0])) {
    throw new AuthError("ERR_OPTION", "sigv4: the service option cannot be an AWS service", {
      hint: "Give the name that AWS signs with: execute-api, lambda, vpc-lattice-svcs, sagemaker-mlflow, s3.",
    });
  }
  return { region: region[0], regionFrom: region[1], service: service[0], serviceFrom: service[1] };

  async function regionOfProfile(): Promise<[string, string] | undefined> {
    const { name, values } = await profile();
    return first([values.get("region"), `profile ${name}`]);
  }
}

function first(...candidates: [value: string | undefined, from: string][]): [string, string] | undefined {
  return candidates.find((candidate): candidate is [string, string] => Boolean(candidate[0]));
}
