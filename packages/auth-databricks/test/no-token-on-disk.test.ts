import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@mlflow-kit/core";
import { expect, test } from "vitest";
import { databricks } from "../src/databricks.ts";
import { writeExecutable } from "./support/executables.ts";
import { freshFolder } from "./support/folder.ts";
import { startServer, workspaceAnswer } from "./support/server.ts";

test("T24, T25, C12, C13 and C14: no token is written to disk, so none can be torn, stolen or lost there", async () => {
  const server = await startServer((asked) =>
    workspaceAnswer(asked, () => ({ json: { access_token: "m2m", token_type: "Bearer", expires_in: 3600 } })),
  );
  const homeDir = await freshFolder();
  const bin = await freshFolder();
  const expiry = new Date(Date.now() + 3_600_000).toISOString();
  const json = { access_token: "cli", token_type: "Bearer", expiry };
  await writeExecutable(bin, "databricks", [{ when: {}, exit: 0, stdoutJson: json }], 1024 * 1024);
  const profiles = [
    ["m2m", "client_id = c", "client_secret = s"],
    ["cli", "auth_type = databricks-cli"],
  ].map(([name, ...lines]) => [`[${name}]`, `host = ${server.url}`, ...lines].join("\n"));
  await writeFile(join(homeDir, ".databrickscfg"), profiles.join("\n"), { mode: 0o600 });
  await chmod(homeDir, 0o500);
  const cwd = await readdir(process.cwd());

  for (const profile of ["m2m", "cli"]) {
    await using client = createClient({
      trackingUri: `databricks://${profile}`,
      auth: databricks(),
      env: { PATH: bin, HOME: homeDir },
      homeDir,
    });
    expect(await client.headers()).toMatchObject({ authorization: `Bearer ${profile}` });
  }
  expect(await readdir(homeDir, { recursive: true })).toEqual([".databrickscfg"]);
  expect(await readdir(process.cwd())).toEqual(cwd);
  await chmod(homeDir, 0o700);
});
