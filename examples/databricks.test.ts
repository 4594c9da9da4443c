import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RecordingServer, startServer, temporaryHome } from "@mlflow-kit/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** Databricks as far as the examples need it: OAuth, GitHub's identity endpoint, and MLflow's API behind a token. */
let workspace: RecordingServer;

beforeEach(async () => {
  workspace = await startServer(({ path, headers, body }, response) => {
    const own = `http://${headers.host}`;
    const json = (value: object) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (path === "/.well-known/databricks-config")
      return json({ oidc_endpoint: `${own}/oidc`, host_type: "workspace" });
    if (path.endsWith("/oauth-authorization-server")) return json({ token_endpoint: `${own}/oidc/v1/token` });
    if (path.startsWith("/github")) return json({ value: "github-jwt" });
    if (path === "/oidc/v1/token") {
      const { grant_type: grant, subject_token: jwt } = Object.fromEntries(new URLSearchParams(body.toString()));
      return json({
        access_token: grant === "client_credentials" ? "m2m" : `for-${jwt}`,
        token_type: "Bearer",
        expires_in: 3600,
      });
    }
    if (!headers.authorization?.startsWith("Bearer ")) return response.writeHead(401).end();
    json(path.includes("chat") ? { choices: [{ message: { content: "A platform." } }] } : {});
  });
  vi.stubEnv("DATABRICKS_HOST", workspace.url.href);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await workspace.close();
});

/** What the workspace saw of MLflow and of serving endpoints. */
const seen = () =>
  workspace.requests
    .filter(({ path }) => /^\/(api|serving-endpoints)\//.test(path))
    .map(({ method, path, headers }) => `${method} ${path.split("?")[0]} ${headers.authorization}`);

it("a personal access token", async () => {
  vi.stubEnv("DATABRICKS_TOKEN", "dapi-1");
  await import("./databricks-pat.ts");
  expect(seen()).toEqual(["POST /api/2.0/mlflow/runs/log-metric Bearer dapi-1"]);
});

it("a service principal, and Unity Catalog", async () => {
  vi.stubEnv("DATABRICKS_CLIENT_ID", "app");
  vi.stubEnv("DATABRICKS_CLIENT_SECRET", "app-secret");
  await import("./databricks-service-principal.ts");
  expect(seen()).toEqual(["POST /api/2.0/mlflow/unity-catalog/registered-models/create Bearer m2m"]);
});

it("a profile", async () => {
  vi.stubEnv("DATABRICKS_HOST", "");
  const home = await temporaryHome();
  const file = await home.write(".databrickscfg", `[staging]\nhost = ${workspace.url}\ntoken = dapi-2\n`);
  vi.stubEnv("DATABRICKS_CONFIG_FILE", file);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./databricks-profile.ts");
  expect(log).toHaveBeenCalledWith(`databricks: ${file} [staging]`);
  log.mockRestore();
  expect(seen()).toEqual(["POST /api/2.0/mlflow/runs/create Bearer dapi-2"]);
  await home[Symbol.asyncDispose]();
});

it("GitHub Actions", async () => {
  vi.stubEnv("DATABRICKS_CLIENT_ID", "app");
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", `${workspace.url}github?api-version=1`);
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request");
  vi.stubEnv("GITHUB_SHA", "0123abc");
  await import("./databricks-github-actions.ts");
  expect(seen()).toEqual(["POST /api/2.0/mlflow/runs/set-tag Bearer for-github-jwt"]);
});

it("the Azure CLI", async () => {
  const home = await temporaryHome();
  const answer = {
    user: { type: "user" },
    accessToken: "entra",
    tokenType: "Bearer",
    expires_on: Math.floor(Date.now() / 1000) + 3600,
  };
  const az = join(home.path, "az");
  await writeFile(az, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${home.path}:${process.env.PATH}`);
  vi.stubEnv("DATABRICKS_CLOUD", "AZURE");
  await import("./databricks-azure-cli.ts");
  expect(seen()).toEqual(["GET /api/2.0/mlflow/experiments/search Bearer entra"]);
  await home[Symbol.asyncDispose]();
});

it("the OpenAI SDK on a serving endpoint", async () => {
  vi.stubEnv("DATABRICKS_TOKEN", "dapi-3");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./databricks-openai.ts");
  expect(log).toHaveBeenCalledWith("A platform.");
  log.mockRestore();
  expect(seen()).toEqual(["POST /serving-endpoints/chat/completions Bearer dapi-3"]);
});
