import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { token } from "../src/index.ts";
import { credentialOf, headersOf, testContext } from "./context.ts";

vi.mock("yaml", () => {
  throw new Error("Cannot find package 'yaml'");
});

it("says what to install when the kubeconfig is YAML and no parser is there", async () => {
  const homeDir = mkdtempSync(join(tmpdir(), "yaml-missing-"));
  onTestFinished(() => rmSync(homeDir, { recursive: true }));
  mkdirSync(join(homeDir, ".kube"));
  const config = join(homeDir, ".kube", "config");
  writeFileSync(config, "current-context: c");
  const context = testContext({ homeDir, env: { MLFLOW_TRACKING_AUTH: "kubernetes" } });
  const auth = await token({ serviceAccountDir: homeDir }).resolve(context);
  await expect(credentialOf(auth, context)).rejects.toMatchObject({
    code: "ERR_AUTH_FILE",
    hint: "Install one: npm install yaml",
  });

  writeFileSync(
    config,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { user: "u" } }],
      users: [{ name: "u", user: { token: "t" } }],
    }),
  );
  expect(await headersOf(await credentialOf(auth, context))).toEqual({ authorization: "Bearer t" });
});
