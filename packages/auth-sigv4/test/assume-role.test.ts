import type { HttpRequest, HttpResponse } from "@mlflow-kit/core";
import { testContext } from "@mlflow-kit/core/testing";
import { type RecordedRequest, startServer } from "@mlflow-kit/testing";
import { describe, expect, it } from "vitest";
import { type Sigv4Options, sigv4 } from "../src/index.ts";

const roleArn = "arn:aws:iam::123456789012:role/tracking";
const credentials = { accessKeyId: "AKIDSOURCE", secretAccessKey: "SENTINEL-secret" };
const hour = 3_600_000;

interface StsAnswer {
  status?: number;
  code?: string;
  date?: Date;
}

/** A provider with a role, before an STS that answers as told. */
async function withSts(
  answers: StsAnswer[],
  options: Sigv4Options = {},
  env: Record<string, string> = {},
  now = Date.now,
) {
  const server = await startServer((_request, response) => {
    const answer = answers.shift() ?? {};
    response.setHeader("date", (answer.date ?? new Date()).toUTCString());
    response.writeHead(answer.code ? (answer.status ?? 403) : 200, { "content-type": "text/xml" });
    response.end(answer.code ? refusal(answer.code) : session(server.requests.length));
  });
  const context = testContext({
    env: { AWS_ENDPOINT_URL_STS: server.url.href, ...env },
    now,
    send: async (request: HttpRequest) => {
      const { method, headers } = request;
      const response = await fetch(request.url, { method, headers, body: request.body as string });
      const text = await response.text();
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: { text: async () => text },
      } as HttpResponse;
    },
  });
  const auth = await sigv4({ credentials, region: "eu-west-1", ...options }).resolve(context);
  return { server, auth, load: async () => auth?.load?.(context) };
}

const session = (n: number) => `<AssumeRoleResponse><AssumeRoleResult><Credentials>
  <AccessKeyId>ASIA${n}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t+/${n}==</SessionToken>
  <Expiration>${new Date(Date.now() + hour).toISOString()}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const refusal = (code: string) =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`;
const form = (request: RecordedRequest | undefined) => Object.fromEntries(new URLSearchParams(String(request?.body)));

describe("a role", () => {
  it("is asked of STS, signed for it, and its session signs the requests", async () => {
    const { server, auth, load } = await withSts([], {
      roleArn,
      externalId: "e",
      roleSessionName: "me",
      roleDurationSeconds: 900,
    });
    await using _server = server;
    expect(auth?.details?.credentials).toBe(`the credentials option, role ${roleArn}`);
    const credential = await load();
    const [request] = server.requests;
    expect(request?.headers.authorization).toContain("Credential=AKIDSOURCE/");
    expect(request?.headers.authorization).toContain("/eu-west-1/sts/aws4_request");
    expect(form(request)).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: roleArn,
      RoleSessionName: "me",
      ExternalId: "e",
      DurationSeconds: "900",
    });
    const signed = { method: "GET", url: new URL("https://h/"), headers: {} as Record<string, string> };
    await credential?.authorize(signed);
    expect(signed.headers.authorization).toContain("Credential=ASIA1/");
    expect(signed.headers["x-amz-security-token"]).toBe("t+/1==");
    expect(credential?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + hour - 60_000);
  });

  it("comes from SAGEMAKER_MLFLOW_ASSUME_ROLE_ARN, too, and its lifetime from the variable beside it", async () => {
    const env = { SAGEMAKER_MLFLOW_ASSUME_ROLE_ARN: roleArn, SAGEMAKER_MLFLOW_ASSUME_ROLE_TTL_SECONDS: "600" };
    const { server, load } = await withSts([], {}, env);
    await using _server = server;
    const { refreshAt } = (await load()) ?? {};
    expect(form(server.requests[0])).toMatchObject({
      RoleArn: roleArn,
      DurationSeconds: "3600",
      RoleSessionName: "mlflow-kit",
    });
    expect(Math.abs((refreshAt?.getTime() ?? 0) - Date.now() - 600_000)).toBeLessThan(30_000);
  });

  it("is asked for again with fresh source credentials when STS finds them expired", async () => {
    const asked: unknown[] = [];
    const source: Sigv4Options["credentials"] = (options) => {
      asked.push(options?.forceRefresh);
      return credentials;
    };
    const { server, load } = await withSts([{ code: "ExpiredToken" }], { roleArn, credentials: source });
    await using _server = server;
    await load();
    expect(asked).toEqual([false, true]);
    expect(server.requests).toHaveLength(2);
  });

  it("is asked for again with the right time when STS finds ours wrong", async () => {
    const { server, load } = await withSts(
      [{ code: "RequestExpired" }],
      { roleArn },
      {},
      () => Date.now() + 20 * 60_000,
    );
    await using _server = server;
    await load();
    const [first = "", second = ""] = server.requests.map((request) => String(request.headers["x-amz-date"]));
    expect(first > second).toBe(true);
  });

  it.each([
    ["AccessDenied", /sts:AssumeRole/],
    ["ValidationError", /duration/],
    ["InvalidClientTokenId", /get-caller-identity/],
  ])("that STS refuses with %s is an error with its cure and no secret", async (code, hint) => {
    const { server, load } = await withSts([{ code }, { code }], { roleArn });
    await using _server = server;
    await expect(load()).rejects.toMatchObject({
      code: "ERR_AUTH_LOAD",
      message: `sigv4: STS refused to assume ${roleArn} (HTTP 403, ${code})`,
      hint: expect.stringMatching(hint),
    });
  });

  it("must be the ARN of a role", async () => {
    const resolve = sigv4({ credentials, region: "eu-west-1", roleArn: "tracking" }).resolve(testContext());
    await expect(resolve).rejects.toMatchObject({
      code: "ERR_AUTH_INVALID",
      message: "sigv4: roleArn is not the ARN of a role",
    });
  });
});
