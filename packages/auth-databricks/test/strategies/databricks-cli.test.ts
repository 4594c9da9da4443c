import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { DatabricksOptions } from "../../src/options.ts";
import { testContext } from "../support/context.ts";
import { type Rule, writeExecutable } from "../support/executables.ts";
import { freshFolder } from "../support/folder.ts";
import { failureOf, headersOf, resolve } from "../support/provider.ts";

const mega = 1024 * 1024;
const host = "https://dbc-1.cloud.databricks.com";
const version: Rule = { when: { argvPrefix: ["version"] }, exit: 0, stdout: "Databricks CLI v0.296.0\n" };
const prints = (json: object): Rule => ({ when: {}, exit: 0, stdoutJson: json });
const good = {
  access_token: "cli-token",
  token_type: "Bearer",
  expiry: new Date(Date.now() + 3_600_000).toISOString(),
};

async function install(rules: readonly Rule[], size = mega) {
  const bin = await freshFolder();
  const path = await writeExecutable(bin, "databricks", [version, ...rules], size);
  const calls = async () =>
    (await readFile(`${path}.log`, "utf8").catch(() => ""))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { bin, path, calls };
}

function login(bin: string, options: DatabricksOptions = {}, env: Record<string, string> = {}) {
  const context = testContext({ env: { PATH: bin, ...env } });
  return { context, headers: async () => headersOf(await resolve({ host, ...options }, context), context) };
}

test("asks the CLI for its version once, and for a token each time", async () => {
  const { bin, calls } = await install([prints(good)]);
  const { context } = login(bin);
  const auth = await resolve({ host }, context);
  expect(await headersOf(auth, context)).toEqual({ authorization: "Bearer cli-token" });
  await headersOf(auth, context);
  const command = ["auth", "token", "--host", host, "--force-refresh"];
  expect(await calls()).toEqual([["version"], command, command]);
});

test("the token expires when the CLI says so", async () => {
  const { bin } = await install([prints(good)]);
  const { context } = login(bin);
  const credential = await (await resolve({ host }, context)).load!(context);
  expect(credential.expiresAt?.toISOString()).toBe(good.expiry);
});

test("P04 no secret is handed to the CLI, and its environment tells it nothing else", async () => {
  const bin = await freshFolder();
  const path = join(bin, "databricks");
  await writeFile(
    path,
    `#!/bin/sh\nenv > ${JSON.stringify(join(bin, "seen"))}\necho '${JSON.stringify(good)}'\nexit 0\n#${"-".repeat(mega)}\n`,
  );
  await chmod(path, 0o755);
  const env = {
    DATABRICKS_HOST: "https://other",
    DATABRICKS_CONFIG_PROFILE: "other",
    DATABRICKS_CLIENT_SECRET: "SENTINEL",
    DATABRICKS_AUTH_STORAGE: "plaintext",
    HOME: bin,
  };
  await login(
    bin,
    { authType: "databricks-cli", profile: "p", configFile: join(bin, "cfg") },
    { ...env, PATH: `${bin}${delimiter}/bin${delimiter}/usr/bin` },
  ).headers();
  const seen = await readFile(join(bin, "seen"), "utf8");
  expect(seen).toContain(`DATABRICKS_CONFIG_FILE=${join(bin, "cfg")}`);
  expect(seen).toContain("DATABRICKS_AUTH_STORAGE=plaintext");
  expect(seen).not.toMatch(/SENTINEL|PROFILE|DATABRICKS_HOST/);
});

describe("finding it", () => {
  test("P05 missing: says so, and how to go on", async () => {
    const error = await failureOf(login(await freshFolder(), { authType: "databricks-cli" }).headers());
    expect(error).toMatchObject({
      message: expect.stringContaining("databricks-cli auth: not configured"),
      hint: expect.stringContaining("not installed"),
    });
  });

  test("the old CLI, folders and files that cannot be run are passed over along PATH", async () => {
    const [folder, plain, old] = [await freshFolder(), await freshFolder(), await install([prints(good)], 0)];
    const { bin, calls } = await install([prints(good)]);
    await mkdir(join(folder, "databricks"));
    await writeFile(join(plain, "databricks"), "-".repeat(mega));
    const path = [folder, plain, old.bin, bin].join(delimiter);
    expect(await login(path).headers()).toEqual({ authorization: "Bearer cli-token" });
    expect((await calls()).length).toBe(2);
    expect(await old.calls()).toEqual([]);
    expect((await failureOf(login(old.bin, { authType: "databricks-cli" }).headers())).hint).toContain(
      "upgrade to >= 0.100.0",
    );
  });

  test("P03 never in the working directory", async () => {
    const { bin } = await install([prints(good)]);
    const before = process.cwd();
    process.chdir(bin);
    try {
      for (const PATH of [".", "", "./"])
        expect(await failureOf(login(PATH).headers())).toMatchObject({ code: "ERR_AUTH_UNAVAILABLE" });
    } finally {
      process.chdir(before);
    }
  });

  test("databricks_cli_path is used as it is", async () => {
    const { path } = await install([prints(good)]);
    expect(await login("/nonexistent", { databricksCliPath: path }).headers()).toEqual({
      authorization: "Bearer cli-token",
    });
  });

  test("databricks_cli_path without a folder is a name on PATH", async () => {
    const { bin } = await install([prints(good)]);
    const other = await writeExecutable(bin, "dbx", [version, prints({ ...good, access_token: "other" })], mega);
    expect(await login(bin, { databricksCliPath: "dbx" }).headers()).toEqual({ authorization: "Bearer other" });
    const before = process.cwd();
    process.chdir(dirname(other));
    try {
      const error = await failureOf(login("/nonexistent", { databricksCliPath: "dbx" }).headers());
      expect(error.message).toContain("databricks CLI not found");
    } finally {
      process.chdir(before);
    }
  });
});

describe("P01 arguments", () => {
  test.each(["--help", "-h", " x", "a\nb"])("the profile %j is not handed on", async (profile) => {
    const { bin, calls } = await install([prints(good)]);
    const error = await failureOf(login(bin, { profile, authType: "databricks-cli" }).headers());
    expect(error.code).toBe("ERR_AUTH_INVALID");
    expect(await calls()).toEqual([["version"]]);
  });

  test("a profile with a shell's characters stays one argument", async () => {
    const { bin, calls } = await install([prints(good)]);
    await login(bin, { profile: "$(id); `x` 'y'", authType: "databricks-cli" }).headers();
    expect((await calls()).at(-1)).toEqual(["auth", "token", "--profile", "$(id); `x` 'y'", "--force-refresh"]);
  });
});

describe("P02 what it may do wrong", () => {
  const secret = "dapiSENTINEL0123456789";
  const run = async (rule: Partial<Rule>) => {
    const { bin } = await install([{ when: {}, exit: 0, ...rule }]);
    const error = await failureOf(login(bin, { authType: "databricks-cli" }).headers());
    expect(`${error.message} ${error.hint} ${error.stack} ${String(error.cause)}`).not.toContain("SENTINEL");
    return error;
  };

  test("no JSON", async () => {
    expect((await run({ stdout: secret })).message).toContain("cannot unmarshal CLI result");
  });

  test("no token in the JSON", async () => {
    expect((await run({ stdoutJson: { expiry: secret } })).message).toContain("there is no access_token");
  });

  test("an expiry that is none", async () => {
    expect((await run({ stdoutJson: { ...good, expiry: secret } })).message).toContain("cannot parse expiry");
  });

  test("a failure with the token on stdout and stderr", async () => {
    const error = await run({ exit: 1, stdout: secret, stderr: `no\nway: ${secret}` });
    expect(error.message).toContain("cannot get access token: no way: ***");
    expect(error.hint).toContain("databricks auth login");
  });

  test("nobody is logged in", async () => {
    const error = await run({ exit: 1, stderr: "Error: cache: databricks OAuth is not configured for this host" });
    expect(error.message).toContain("databricks OAuth is not configured for this host");
  });

  test("more output than any token", async () => {
    expect((await run({ stdout: "x".repeat(2 * mega) })).message).toContain("said more than");
  });

  test("hanging: it is killed, with its children, when the load is given up", async () => {
    const bin = await freshFolder();
    const path = join(bin, "databricks");
    await writeFile(
      path,
      `#!/bin/sh\n[ "$1" = version ] && exit 0\nsleep 600 &\necho $! > ${JSON.stringify(join(bin, "child"))}\nwait\nexit 0\n#${"-".repeat(mega)}\n`,
    );
    await chmod(path, 0o755);
    const { context } = login(`${bin}${delimiter}/bin${delimiter}/usr/bin`);
    const auth = await resolve({ host }, context);
    const giveUp = new AbortController();
    const loading = Promise.resolve(auth.load!({ ...context, signal: giveUp.signal }));
    loading.then(undefined, () => {});
    const child = await waitFor(async () => Number(await readFile(join(bin, "child"), "utf8")));
    giveUp.abort(new Error("given up"));
    await expect(loading).rejects.toThrow("given up");
    await waitFor(async () => {
      expect(() => process.kill(child, 0)).toThrow();
      return 1;
    });
  });
});

async function waitFor(look: () => Promise<number>): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    try {
      const found = await look();
      if (found > 0) return found;
    } catch (error) {
      if (tries > 200) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
