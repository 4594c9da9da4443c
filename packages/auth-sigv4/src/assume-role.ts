import { type AuthContext, AuthError, type HttpRequest, type Refusal } from "@mlflow-kit/core";
import { type AwsCredentials, checkCredentials } from "./credentials.ts";
import type { Identity } from "./identity.ts";
import { type ClockSkew, saysStale } from "./refusal.ts";
import { awsDomain } from "./sagemaker-arn.ts";

export interface RoleOptions {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId?: string;
  /** Seconds. */
  readonly duration: number;
  readonly region: string;
  /** Default: the region's own STS. */
  readonly endpoint?: URL;
  readonly skew: ClockSkew;
}

/**
 * Credentials of a role, from STS's AssumeRole, asked through the core's wire, so that proxies and CA bundles hold here,
 * too. When STS finds the source's credentials expired or our clock wrong, it is asked once more.
 */
export function assumeRole(source: Identity, role: RoleOptions): Identity {
  return {
    from: `${source.from}, role ${role.roleArn}`,
    refreshable: true,
    async load(context, forceRefresh) {
      const first = await callSts(context, await source.load(context, forceRefresh), role);
      if (first.status === 200) return readCredentials(first.text, role.roleArn);
      const stale = source.refreshable && saysStale(first);
      if (!stale && !role.skew.learn(first, first.request, context.now())) throw refused(first, role);
      const second = await callSts(context, await source.load(context, stale), role);
      if (second.status === 200) return readCredentials(second.text, role.roleArn);
      throw refused(second, role);
    },
  };
}

interface StsAnswer extends Refusal {
  readonly request: HttpRequest;
}

async function callSts(context: AuthContext, credentials: AwsCredentials, role: RoleOptions): Promise<StsAnswer> {
  const [{ createSigner }, { signRequest }] = await Promise.all([import("./signer.ts"), import("./sign-request.ts")]);
  const form = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName,
    DurationSeconds: String(role.duration),
    ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
  });
  const request: HttpRequest = {
    method: "POST",
    url: new URL(role.endpoint ?? `https://sts.${role.region}.${awsDomain(role.region)}/`),
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: form.toString(),
    signal: context.signal,
  };
  const signer = createSigner({ credentials, region: role.region, service: "sts" });
  await signRequest(request, signer, "sts", new Date(context.now() + role.skew.offset));
  const { status, headers, body } = await context.send(request);
  return { request, status, headers, text: await body.text() };
}

function readCredentials(xml: string, roleArn: string): AwsCredentials {
  const expiration = element(xml, "Expiration");
  return checkCredentials(
    {
      accessKeyId: element(xml, "AccessKeyId"),
      secretAccessKey: element(xml, "SecretAccessKey"),
      sessionToken: element(xml, "SessionToken"),
      expiration: expiration === undefined ? undefined : new Date(expiration),
    },
    `STS for ${roleArn}`,
  );
}

function refused({ status, text }: StsAnswer, { roleArn }: RoleOptions): AuthError {
  const code = element(text, "Code")?.replace(/\W/g, "") ?? "no AWS error";
  const hint = /AccessDenied/.test(code)
    ? "Allow sts:AssumeRole on the role in the caller's policy, and name the caller in the role's trust policy."
    : /Validation/.test(code)
      ? "See that the role's ARN, the session name and the duration (900 s up to the role's maximum) are right."
      : "See that the source credentials are good: aws sts get-caller-identity.";
  return new AuthError("ERR_AUTH_LOAD", `sigv4: STS refused to assume ${roleArn} (HTTP ${status}, ${code})`, { hint });
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(xml)?.[1];
}
