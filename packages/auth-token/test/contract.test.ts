import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeProvider } from "@mlflow-kit/core/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { token } from "../src/index.ts";
import { testContext } from "./context.ts";
import { fakeEndpoint, type TestServer } from "./oauth-server.ts";

const secret = "SENTINEL-9f2c";
const common = { test: it, name: "token", headers: { authorization: `Bearer ${secret}` }, secrets: [secret] };

describe("from the environment", () => {
  describeProvider({
    ...common,
    make: () => token(),
    env: { MLFLOW_TRACKING_TOKEN: secret },
    skipped: [{}, { MLFLOW_TRACKING_TOKEN: "" }],
    broken: [
      { MLFLOW_TRACKING_TOKEN: `Bearer ${secret}` },
      { MLFLOW_TRACKING_TOKEN: secret, MLFLOW_TRACKING_AUTH: "entra" },
      { MLFLOW_TRACKING_AUTH: "kubernetes" },
    ],
  });
});

describe("from a function", () => {
  describeProvider({ ...common, make: () => token(async () => ({ token: secret })), env: {}, skipped: [] });
});

describe("from a command", () => {
  const command = [process.execPath, "-p", "process.env.WHERE"] as const;
  describeProvider({ ...common, make: () => token({ command }), env: { WHERE: secret }, skipped: [] });
});

describe("from Kubernetes", () => {
  const folder = mkdtempSync(join(tmpdir(), "contract-"));
  writeFileSync(join(folder, "token"), secret);
  writeFileSync(join(folder, "namespace"), "team-a");
  afterAll(() => rmSync(folder, { recursive: true }));
  describeProvider({
    ...common,
    make: () => token({ serviceAccountDir: folder }),
    env: { MLFLOW_TRACKING_AUTH: "kubernetes-namespaced" },
    headers: { ...common.headers, "x-mlflow-workspace": "team-a" },
    broken: [{ MLFLOW_TRACKING_AUTH: secret }],
  });
});

describe("from OAuth client credentials", () => {
  let endpoint: TestServer;
  beforeAll(async () => {
    const answer = JSON.stringify({ access_token: secret, token_type: "Bearer", expires_in: 60 });
    endpoint = await fakeEndpoint((_, response) => void response.end(answer));
  });
  afterAll(() => endpoint.close());
  describeProvider({
    ...common,
    make: () => token({ clientId: "me", clientSecret: `${secret}-client`, tokenUrl: endpoint.url }),
    env: {},
    context: { send: testContext().send },
    skipped: [],
  });
});
