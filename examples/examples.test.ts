import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMockServer, type MockServer, type MockServerOptions } from "@mlflow-kit/mock";
import { authorizationServer, type RecordingServer, startServer } from "@mlflow-kit/testing";
import { afterEach, expect, it, vi } from "vitest";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const close of closers.splice(0)) await close();
});

/** An MLflow behind a gate; the names of its experiments show who came in. */
async function mlflow(auth: MockServerOptions["auth"]): Promise<MockServer> {
  const server = await createMockServer({ auth });
  closers.push(() => server.close());
  vi.stubEnv("MLFLOW_TRACKING_URI", server.url.href);
  return server;
}

/** Something else that answers JSON, and keeps what it was sent. */
async function recorder(answer: object): Promise<RecordingServer> {
  const server = await startServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  closers.push(() => server.close());
  vi.stubEnv("MLFLOW_TRACKING_URI", server.url.href);
  return server;
}

/** Asks the server itself, past the examples. */
async function experiments(server: MockServer, authorization: string): Promise<string[]> {
  const url = new URL("/api/2.0/mlflow/experiments/search?max_results=100", server.url);
  const answer = (await (await fetch(url, { headers: { authorization } })).json()) as {
    experiments: { name: string }[];
  };
  return answer.experiments.map((experiment) => experiment.name);
}

const basicHeader = `Basic ${Buffer.from("ada:correct horse").toString("base64")}`;

it("basic", async () => {
  const server = await mlflow({ basic: { ada: "correct horse" } });
  vi.stubEnv("MLFLOW_TRACKING_USERNAME", "ada");
  vi.stubEnv("MLFLOW_TRACKING_PASSWORD", "correct horse");
  await import("./basic.ts");
  expect(await experiments(server, basicHeader)).toContain("from-basic");
});

it("a token from a file", async () => {
  const server = await mlflow({ bearer: "token-of-the-file" });
  const file = join(mkdtempSync(join(tmpdir(), "token-")), "token");
  writeFileSync(file, "token-of-the-file\n", { mode: 0o600 });
  vi.stubEnv("TOKEN_FILE", file);
  await import("./token-file.ts");
  expect(await experiments(server, "Bearer token-of-the-file")).toContain("from-token-file");
});

it("OAuth client credentials", async () => {
  const issuer = await authorizationServer("a secret: 100%");
  closers.push(() => issuer.close());
  const seen: string[] = [];
  const server = await mlflow({ bearer: (token) => seen.push(token) > 0 });
  vi.stubEnv("OAUTH_ISSUER", issuer.url);
  vi.stubEnv("OAUTH_CLIENT_ID", "basic:client");
  vi.stubEnv("OAUTH_CLIENT_SECRET", "a secret: 100%");
  await import("./oauth.ts");
  const [token = ""] = seen;
  expect(await issuer.find(token)).toBe(true);
  expect(await experiments(server, `Bearer ${token}`)).toContain("from-oauth");
});

it("a custom provider", async () => {
  const server = await recorder({ experiment_id: "1" });
  vi.stubEnv("GATEWAY_KEY", "key-of-the-gateway");
  await import("./custom-provider.ts");
  expect(server.requests[0]?.headers["x-api-key"]).toBe("key-of-the-gateway");
  expect(String(server.requests[0]?.body)).toContain("from-a-custom-provider");
});

it("Cloudflare Access and basic", async () => {
  const server = await recorder({ experiment_id: "1" });
  vi.stubEnv("CF_ACCESS_CLIENT_ID", "id.access");
  vi.stubEnv("CF_ACCESS_CLIENT_SECRET", "secret-of-access");
  vi.stubEnv("MLFLOW_TRACKING_USERNAME", "ada");
  vi.stubEnv("MLFLOW_TRACKING_PASSWORD", "correct horse");
  await import("./cloudflare-access.ts");
  expect(server.requests[0]?.headers).toMatchObject({
    "cf-access-client-id": "id.access",
    "cf-access-client-secret": "secret-of-access",
    authorization: basicHeader,
  });
});

it("the OpenAI SDK through client.fetch", async () => {
  const server = await recorder({ choices: [{ message: { role: "assistant", content: "Hello" } }] });
  vi.stubEnv("MLFLOW_TRACKING_URI", `${server.url.origin}/team`);
  vi.stubEnv("MLFLOW_TRACKING_TOKEN", "token-of-mlflow");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./openai.ts");
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({ method: "POST", path: "/team/gateway/mlflow/v1/chat/completions" });
  expect(server.requests[0]?.headers.authorization).toBe("Bearer token-of-mlflow");
  expect(log.mock.calls).toEqual([["Hello"]]);
});

it("axios through client.fetch", async () => {
  const server = await mlflow({ bearer: "token-of-mlflow" });
  vi.stubEnv("MLFLOW_TRACKING_TOKEN", "token-of-mlflow");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./axios.ts");
  expect(await experiments(server, "Bearer token-of-mlflow")).toContain("from-axios");
  expect(log.mock.calls[0]?.[0]).toMatch(/^\d+$/);
});

it("the official SDK's provider shape", async () => {
  const server = await mlflow({ bearer: "token-of-mlflow" });
  vi.stubEnv("MLFLOW_TRACKING_TOKEN", "token-of-mlflow");
  const { authProvider } = await import("./official-sdk.ts");
  const answer = await fetch(`${authProvider.getHost()}/api/2.0/mlflow/experiments/create`, {
    method: "POST",
    headers: await authProvider.getHeadersProvider()(),
    body: JSON.stringify({ name: "from-the-official-shape" }),
  });
  expect(answer.status).toBe(200);
  expect(await experiments(server, "Bearer token-of-mlflow")).toContain("from-the-official-shape");
});
