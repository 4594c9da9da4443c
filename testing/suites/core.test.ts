import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { basic } from "@mlflow-kit/auth-basic";
import { createClient } from "@mlflow-kit/core";
import { createAuthority, startServer, temporaryHome } from "@mlflow-kit/testing";
import { describe, expect, test } from "vitest";

const login = { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "correct horse" };

describe("trust with core and auth-basic alone", () => {
  const authority = createAuthority();
  const tls = authority.issue();
  const start = () => startServer((_, response) => response.end("{}"), { tls: { cert: tls.cert, key: tls.key } });
  const client = (url: URL, env: Record<string, string>) =>
    createClient({
      auth: basic(),
      env: { ...login, MLFLOW_TRACKING_URI: url.href, ...env },
      homeDir: "/nonexistent",
      retry: false,
      log: { debug() {}, warn() {} },
    });

  test("a server of a private authority is refused without its bundle, and nothing is sent", async () => {
    await using server = await start();
    await using mlflow = client(server.url, {});
    await expect(mlflow.validate()).rejects.toThrow(/^SSL certificate error: /);
    expect(server.requests).toEqual([]);
  });

  test.each(["MLFLOW_TRACKING_CA_BUNDLE_PATH", "MLFLOW_TRACKING_SERVER_CERT_PATH"])("%s", async (variable) => {
    await using home = await temporaryHome({ "ca.pem": authority.cert });
    await using server = await start();
    await using mlflow = client(server.url, { [variable]: `${home.path}/ca.pem` });
    await mlflow.validate();
    expect(server.requests[0]?.headers.authorization).toMatch(/^Basic /);
  });

  test("MLFLOW_TRACKING_INSECURE_TLS", async () => {
    await using server = await start();
    await using mlflow = client(server.url, { MLFLOW_TRACKING_INSECURE_TLS: "true" });
    await mlflow.validate();
    expect(server.requests).toHaveLength(1);
  });
});

test("importing core loads no undici; the first request does", async () => {
  await using server = await startServer((_, response) => response.end("{}"));
  const program = `
    import { createRequire } from "node:module";
    import { createClient } from "@mlflow-kit/core";
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("/undici/"));
    const before = loaded();
    const client = createClient({ trackingUri: ${JSON.stringify(server.url.href)}, env: {} });
    const made = loaded();
    await client.validate();
    console.log(JSON.stringify([before, made, loaded()]));
    await client.close();`;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  expect(JSON.parse(stdout)).toEqual([false, false, true]);
});
