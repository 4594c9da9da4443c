import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClient } from "@mlflow-kit/core";
import { describeProvider } from "@mlflow-kit/core/testing";
import { startServer } from "@mlflow-kit/testing";
import { describe, expect, it } from "vitest";
import { gatewayKey } from "../src/index.ts";

const secret = "SENTINEL-of-the-gateway";
const folder = fileURLToPath(new URL("..", import.meta.url));

describe("the contract", () => {
  describeProvider({
    test: it,
    name: "gateway-key",
    make: () => gatewayKey(),
    env: { GATEWAY_KEY: secret },
    headers: { "x-api-key": secret },
    secrets: [secret],
    skipped: [{}, { GATEWAY_KEY: "" }],
    broken: [{ GATEWAY_KEY: `${secret}\n` }],
  });
});

it("the server sees the key", async () => {
  await using server = await startServer((_, response) => response.end("{}"));
  await using client = createClient({ trackingUri: server.url.href, auth: gatewayKey({ key: secret }), env: {} });
  await client.validate();
  expect(server.requests[0]?.headers["x-api-key"]).toBe(secret);
});

it.each([
  ["publint", ["publint", "--strict"]],
  ["attw", ["attw", "--pack", ".", "--profile", "node16"]],
])("%s finds nothing", (_, [program = "", ...args]) => {
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status, stdout + stderr).toBe(0);
});
