import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwsCredentials, presignedUiUrl, type Sigv4Options, sigv4 } from "@mlflow-kit/auth-sigv4";
import {
  type AuthProvider,
  type ClientOptions,
  createClient,
  fileBody,
  type HttpRequest,
  type MlflowClient,
} from "@mlflow-kit/core";
import { findMlflowPython, lazy, startMlflow, startServer, startVerifier, temporaryHome } from "@mlflow-kit/testing";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { describeWith } from "./describe-with.ts";

const credentials: AwsCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const keys = { [credentials.accessKeyId]: { secret: credentials.secretAccessKey } };
const region = "eu-west-1";

describeWith("MLflow", "the real MLflow behind botocore's own check of every signature", () => {
  const mlflow = lazy(() => startMlflow());
  const verifier = lazy(async () => {
    const { url, admin } = await mlflow();
    const basic = Buffer.from(`${admin.username}:${admin.password}`).toString("base64");
    return startVerifier({ keys, region, upstream: url, upstreamAuthorization: `Basic ${basic}`, sts: true });
  });
  afterAll(mlflow.close);
  afterAll(verifier.close);

  const connect = async (options: Sigv4Options = {}, more: ClientOptions = {}): Promise<MlflowClient> =>
    createClient({
      trackingUri: (await verifier()).url.href,
      auth: sigv4({ credentials, region, ...options }),
      env: {},
      ...more,
    });
  const connectTampering = (change: (request: HttpRequest) => HttpRequest) =>
    connect({}, { auth: tampering(sigv4({ credentials, region }), change) });

  it("creates runs, logs batches and searches with spaces, quotes and unicode", async () => {
    await using client = await connect();
    const name = `signed "試験" it's 100% + a=b & (c)*! ${Date.now()}`;
    const { experiment_id } = await client.request("POST mlflow/experiments/create", { name });
    const found = await client.request("GET mlflow/experiments/get-by-name", { experiment_name: name });
    expect(found).toMatchObject({ experiment: { experiment_id, name } });

    const { run } = await client.request("POST mlflow/runs/create", { experiment_id, start_time: 1 });
    const run_id = run.info.run_id;
    await client.request("POST mlflow/runs/log-batch", {
      run_id,
      metrics: Array.from({ length: 998 }, (_, step) => ({
        key: "loss",
        value: 1 / (step + 1),
        timestamp: step,
        step,
      })),
      params: [{ key: "präfix", value: "ünï 'quoted' \"twice\"" }],
      tags: [{ key: "note", value: "日本語" }],
    });
    const { runs } = await client.request("POST mlflow/runs/search", {
      experiment_ids: [experiment_id],
      filter: "tags.note = '日本語' and metrics.loss < 0.01",
    });
    expect(runs?.map((one) => one.info.run_id)).toEqual([run_id]);
    const history = await client.request("GET mlflow/metrics/get-history", { run_id, metric_key: "loss" });
    expect(history.metrics).toHaveLength(998);
  });

  it("calls the registry", async () => {
    await using client = await connect();
    const name = `model (試) ${Date.now()}`;
    await client.request("POST mlflow/registered-models/create", { name, tags: [{ key: "a b", value: "c+d" }] });
    const { registered_models } = await client.request("GET mlflow/registered-models/search", {
      filter: `name = '${name}'`,
    });
    expect(registered_models).toHaveLength(1);
  });

  it("S04 S05 uploads artifacts of 0 bytes, 1 KiB and 10 MiB to names that need encoding", async () => {
    await using client = await connect();
    for (const size of [0, 1024, 10 * 1024 * 1024]) {
      const bytes = randomBytes(size);
      const artifact_path = `a dir/it's (${size}) + 100%25 *!$&@=,;:é.bin`;
      await client.request("PUT mlflow-artifacts/artifacts/{+artifact_path}", { artifact_path }, { body: bytes });
      const encoded = artifact_path.split("/").map(encodeURIComponent).join("/");
      const back = await client.fetch(`/api/2.0/mlflow-artifacts/artifacts/${encoded}`);
      expect(back.status).toBe(200);
      expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });

  it("S06 streams a file of 1 GiB, and memory grows by less than 64 MiB", async () => {
    const path = join(tmpdir(), `mlflow-kit-sigv4-${process.pid}.bin`);
    const file = await open(path, "w");
    try {
      await file.truncate(1024 ** 3);
      await file.close();
      await using client = await connect();
      await client.request("GET mlflow/experiments/search", { max_results: 1 });
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      let peak = before;
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 20);
      await client.request("PUT /api/2.0/mlflow-artifacts/artifacts/big.bin", {}, { body: await fileBody(path) });
      clearInterval(watch);
      expect(peak - before).toBeLessThan(64 * 1024 * 1024);
    } finally {
      await rm(path, { force: true });
    }
  });

  it("S06 refuses a one-shot stream with what to pass instead", async () => {
    await using client = await connect();
    async function* stream() {
      yield new Uint8Array(3);
    }
    const upload = client.request("PUT /api/2.0/mlflow-artifacts/artifacts/x", {}, { body: stream() });
    await expect(upload).rejects.toMatchObject({ code: "ERR_BODY", hint: expect.stringContaining("fileBody(path)") });
  });

  const search = (client: MlflowClient) => client.request("GET mlflow/experiments/search", { max_results: 1 });
  const create = (client: MlflowClient) =>
    client.request("POST mlflow/experiments/create", { name: `never ${Date.now()}` });

  it("negative control: a wrong secret is refused and mapped", async () => {
    await using client = await connect({ credentials: { ...credentials, secretAccessKey: "wrong" } });
    await expect(search(client)).rejects.toMatchObject({ code: "ERR_HTTP_AWS", status: 403 });
  });

  it("negative control: an unknown key is refused and mapped", async () => {
    await using client = await connect({ credentials: { ...credentials, accessKeyId: "AKIDOTHER" } });
    await expect(search(client)).rejects.toMatchObject({ code: "ERR_HTTP_AWS", status: 403 });
  });

  it("negative control: a wrong region is refused and mapped", async () => {
    await using client = await connect({ region: "us-east-1" });
    await expect(search(client)).rejects.toMatchObject({
      code: "ERR_HTTP_AWS",
      hint: expect.stringMatching(/region/i),
    });
  });

  it("negative control: a wrong service is refused and mapped", async () => {
    await using client = await connect({ service: "lambda" });
    await expect(search(client)).rejects.toMatchObject({
      code: "ERR_HTTP_AWS",
      hint: expect.stringMatching(/service/i),
    });
  });

  it("negative control: a tampered body is refused and mapped", async () => {
    await using client = await connectTampering((request) => ({ ...request, body: '{"name":"tampered"}' }));
    await expect(create(client)).rejects.toMatchObject({ code: "ERR_HTTP_AWS" });
  });

  it("negative control: a tampered query is refused and mapped", async () => {
    await using client = await connectTampering((request) => {
      const url = new URL(request.url);
      url.searchParams.set("max_results", "2");
      return { ...request, url };
    });
    await expect(search(client)).rejects.toMatchObject({ code: "ERR_HTTP_AWS" });
  });

  it("negative control: a dropped header is refused and mapped", async () => {
    await using client = await connectTampering((request) => {
      const { "content-type": _, ...headers } = request.headers;
      return { ...request, headers };
    });
    await expect(create(client)).rejects.toMatchObject({ code: "ERR_HTTP_AWS" });
  });

  it("S07 a header that is added after signing does no harm", async () => {
    await using client = await connectTampering((request) => ({
      ...request,
      headers: { ...request.headers, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
    }));
    await expect(search(client)).resolves.toBeDefined();
  });

  for (const minutes of [20, -20]) {
    it(`S13 a clock that is ${minutes} minutes off is mended by one more request`, async () => {
      const sent: string[] = [];
      const now = () => Date.now() + minutes * 60_000;
      const auth = tampering(sigv4({ credentials, region }), (request) => {
        sent.push(request.headers["x-amz-date"] ?? "");
        return request;
      });
      await using client = await connect({}, { auth, now });
      await Promise.all(Array.from({ length: 10 }, () => search(client)));
      expect(sent).toHaveLength(20);
      await search(client);
      expect(sent).toHaveLength(21);
    });

    it(`negative control: ${minutes} minutes of skew without that are refused and mapped`, async () => {
      const provider = sigv4({ credentials, region });
      const auth: AuthProvider = {
        name: "sigv4",
        resolve: async (context) => {
          const resolved = await provider.resolve(context);
          return resolved && { ...resolved, recover: () => false };
        },
      };
      await using client = await connect({}, { auth, now: () => Date.now() + minutes * 60_000 });
      await expect(search(client)).rejects.toMatchObject({
        code: "ERR_HTTP_AWS",
        hint: expect.stringMatching(/clock/i),
      });
    });
  }

  it("assumes a role at moto's STS, whose session expires meanwhile", async () => {
    const { sts } = await verifier();
    await using client = await connect(
      { roleArn: "arn:aws:iam::123456789012:role/tracking", roleDurationSeconds: 4, externalId: "x" },
      { env: { AWS_ENDPOINT_URL_STS: sts?.href } },
    );
    const until = Date.now() + 10_000;
    let calls = 0;
    while (Date.now() < until) {
      await search(client);
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(calls).toBeGreaterThan(10);
  });

  it("assumes the role again when AWS says that the session has expired before its time", async () => {
    const { sts } = await verifier();
    let now = 0;
    await using client = await connect(
      { roleArn: "arn:aws:iam::123456789012:role/tracking", roleDurationSeconds: 3 },
      // A clock that stands still never sees the session expire.
      { env: { AWS_ENDPOINT_URL_STS: sts?.href }, now: () => now || Date.now() },
    );
    await search(client);
    now = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await expect(search(client)).resolves.toBeDefined();
  });
});

describeWith("MLflow", "the AWS chain, before moto's STS", () => {
  const verifier = lazy(() => startVerifier({ keys, region, sts: true }));
  afterAll(verifier.close);
  afterEach(() => void vi.unstubAllEnvs());

  const role = "arn:aws:iam::123456789012:role/tracking";
  it.each([
    ["a profile with a role", { AWS_PROFILE: "role" }, `profile role (AWS_PROFILE): role ${role}`],
    ["web identity", { AWS_WEB_IDENTITY_TOKEN_FILE: "token", AWS_ROLE_ARN: role }, "AWS_WEB_IDENTITY_TOKEN_FILE"],
  ])("gives credentials that sign: %s", async (_name, variables: Record<string, string>, from) => {
    const { url, sts } = await verifier();
    await using home = await temporaryHome({
      ".aws/config": `[profile role]\nrole_arn = ${role}\nsource_profile = base\n`,
      ".aws/credentials": `[base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = ${credentials.secretAccessKey}\n`,
      token: "eyJhbGciOiJub25lIn0.e30.c2ln",
    });
    // The chain's own calls read the process's environment.
    vi.stubEnv("AWS_ENDPOINT_URL_STS", sts?.href);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    const env: Record<string, string> = { MLFLOW_TRACKING_AWS_SIGV4: "true", AWS_REGION: region, ...variables };
    if (env.AWS_WEB_IDENTITY_TOKEN_FILE) env.AWS_WEB_IDENTITY_TOKEN_FILE = `${home.path}/token`;
    await using client = createClient({ trackingUri: url.href, auth: sigv4(), env, homeDir: home.path });
    expect((await client.explain()).providers[0]?.details?.credentials).toBe(from);
    await expect(client.validate()).resolves.toBeUndefined();
  });
});

describeWith("MLflow", "presignedUiUrl", () => {
  for (const arn of [
    "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/my-server",
    "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:mlflow-app/app-ABC123",
    "arn:aws-cn:sagemaker:cn-north-1:123456789012:mlflow-tracking-server/my-server",
  ]) {
    it(`sends what botocore sends for ${arn}`, async () => {
      await using server = await startServer((_request, response) => {
        response.setHeader("content-type", "application/x-amz-json-1.1");
        response.end(JSON.stringify({ AuthorizedUrl: "https://ui.example/auth?authToken=t" }));
      });
      const url = await presignedUiUrl(arn, {
        credentials,
        client: { env: { SAGEMAKER_ENDPOINT_URL: server.url.href } },
      });
      expect(url.href).toBe("https://ui.example/auth?authToken=t");
      const [ours] = server.requests;
      await botocorePresigns(arn, server.url);
      const theirs = server.requests[1];
      expect(ours?.method).toBe(theirs?.method);
      expect(ours?.path).toBe(theirs?.path);
      expect(JSON.parse(String(ours?.body))).toEqual(JSON.parse(String(theirs?.body)));
      for (const name of ["content-type", "x-amz-target"]) {
        expect(ours?.headers[name]).toBe(theirs?.headers[name]);
      }
      const scope = (text: unknown) => /Credential=([^,]+),/.exec(String(text))?.[1];
      expect(scope(ours?.headers.authorization)).toBe(scope(theirs?.headers.authorization));
    });
  }
});

async function botocorePresigns(arn: string, endpoint: URL): Promise<void> {
  const { execFile } = await import("node:child_process");
  const program = `
import sys, botocore.session
arn, endpoint, key, secret = sys.argv[1:]
kind, name = arn.split(":", 5)[5].split("/")
client = botocore.session.get_session().create_client("sagemaker", region_name=arn.split(":")[3], endpoint_url=endpoint,
    aws_access_key_id=key, aws_secret_access_key=secret)
common = {"ExpiresInSeconds": 300, "SessionExpirationDurationInSeconds": 5000}
if kind == "mlflow-app":
    client.create_presigned_mlflow_app_url(Arn=arn, **common)
else:
    client.create_presigned_mlflow_tracking_server_url(TrackingServerName=name, **common)
`;
  const { accessKeyId, secretAccessKey } = credentials;
  const args = ["-c", program, arn, endpoint.href, accessKeyId, secretAccessKey];
  await new Promise<void>((resolve, reject) => {
    execFile(findMlflowPython() ?? "python3", args, (error, _stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(),
    );
  });
}

/** The same signatures, and a request that is changed after it was signed. */
function tampering(provider: AuthProvider, change: (request: HttpRequest) => HttpRequest): AuthProvider {
  return {
    name: provider.name,
    async resolve(context) {
      const auth = await provider.resolve(context);
      return auth && { ...auth, transport: (next) => (request) => next(change(request)) };
    },
  };
}
