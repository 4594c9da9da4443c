import { type RecordedRequest, type RecordingServer, startServer, temporaryHome } from "@mlflow-kit/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** AWS as far as the examples need it: a signed MLflow, SageMaker's API and STS. */
let aws: RecordingServer;

beforeEach(async () => {
  aws = await startServer(({ headers, body }, response) => {
    const signer = /^AWS4-HMAC-SHA256 Credential=\w+\/\d{8}\/(.+?)\/aws4_request/.exec(
      headers.authorization ?? "",
    )?.[1];
    if (signer === undefined) return response.writeHead(403).end();
    if (signer.endsWith("/sts")) return response.end(session(String(new URLSearchParams(String(body)).get("RoleArn"))));
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(
        headers["x-amz-target"]
          ? { AuthorizedUrl: "https://ui.example/auth?authToken=secret" }
          : { run: { info: { run_id: "run-1" } }, experiments: [{ name: "Default" }] },
      ),
    );
  });
  vi.stubEnv("MLFLOW_TRACKING_URI", aws.url.href);
  vi.stubEnv("AWS_REGION", "eu-west-1");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await aws.close();
});

const session = (role: string) => `<AssumeRoleResponse><AssumeRoleResult><Credentials>
  <AccessKeyId>${role.split("/")[1]?.replace("-", "")}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
  <SessionToken>t</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`;

/** Who signed for what, and what was asked. */
const seen = () =>
  aws.requests.map((request) => `${signerOf(request)} ${request.method} ${request.path.split("?")[0]}`);
const signerOf = ({ headers }: RecordedRequest) =>
  String(headers.authorization).replace(/^.*Credential=(\w+)\/\d{8}\/(.+?)\/aws4_request.*$/, "$1 $2");

it("API Gateway", async () => {
  vi.stubEnv("MLFLOW_TRACKING_AWS_SIGV4", "true");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENV");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  await import("./sigv4-api-gateway.ts");
  expect(seen()).toEqual([
    "AKIDENV eu-west-1/execute-api POST /api/2.0/mlflow/runs/create",
    "AKIDENV eu-west-1/execute-api PUT /api/2.0/mlflow-artifacts/artifacts/0/run-1/artifacts/package.json",
  ]);
  expect(String(aws.requests[1]?.body)).toContain('"@mlflow-kit/examples"');
});

it("SageMaker, with keys of a profile", async () => {
  await using home = await temporaryHome({
    ".aws/credentials": "[tracking]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret\n",
  });
  const arn = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/my-server";
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", `${home.path}/.aws/credentials`);
  vi.stubEnv("AWS_PROFILE", "tracking");
  vi.stubEnv("MLFLOW_TRACKING_URI", arn);
  vi.stubEnv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", aws.url.href);
  vi.stubEnv("SAGEMAKER_ENDPOINT_URL", aws.url.href);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./sigv4-sagemaker.ts");
  expect(log.mock.calls).toEqual([["Default"], ["open https://ui.example within a minute"]]);
  expect(seen()).toEqual([
    "AKIDPROFILE us-east-1/sagemaker-mlflow GET /api/2.0/mlflow/experiments/search",
    "AKIDPROFILE us-east-1/sagemaker POST /",
  ]);
  expect(aws.requests[0]?.headers["x-mlflow-sm-tracking-server-arn"]).toBe(arn);
});

it("a role in another account", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENV");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_ENDPOINT_URL_STS", aws.url.href);
  await import("./sigv4-assume-role.ts");
  expect(seen()).toEqual([
    "AKIDENV eu-west-1/sts POST /",
    "mlflowwriter eu-west-1/execute-api POST /api/2.0/mlflow/runs/set-tag",
  ]);
});
