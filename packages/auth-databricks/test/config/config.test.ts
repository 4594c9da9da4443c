import { chmod, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthContext } from "@mlflow-kit/core";
import { describe, expect, test } from "vitest";
import { attributes } from "../../src/config/attributes.ts";
import { loadConfig } from "../../src/config/config.ts";
import { describeConfig } from "../../src/config/describe.ts";
import { readOptions } from "../../src/config/read-options.ts";
import type { DatabricksOptions } from "../../src/options.ts";
import { testContext } from "../support/context.ts";
import { freshFolder } from "../support/folder.ts";

const uri = { scheme: "databricks" } as const;

function load(options: DatabricksOptions, env: AuthContext["env"] = {}, fields: Partial<AuthContext> = {}) {
  return loadConfig(readOptions(options), uri, testContext({ env, trackingUri: "databricks", ...fields }));
}

async function loadFrom(file: string, options: DatabricksOptions = {}, env: AuthContext["env"] = {}) {
  const homeDir = await freshFolder();
  await writeFile(join(homeDir, ".databrickscfg"), file, { mode: 0o600 });
  return load(options, env, { homeDir });
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

describe("every attribute", () => {
  const sample = { string: "x", number: "7", boolean: "true", list: "a,b" };
  const parsed = { string: "x", number: 7, boolean: true, list: ["a", "b"] };

  test.each(attributes.flatMap(({ key, env, kind }) => env.map((name) => ({ key, name, kind }))))(
    "$name is read from the environment",
    async ({ key, name, kind }) => {
      const text = key === "cloud" ? "AWS" : key === "azureEnvironment" ? "PUBLIC" : sample[kind];
      const { settings, sources } = await load(
        {},
        { [name]: text, DATABRICKS_HOST: name === "DATABRICKS_HOST" ? text : "h" },
        { homeDir: "/nonexistent" },
      );
      expect(settings[key]).toEqual(key === "host" ? "https://x" : kind === "string" ? text : parsed[kind]);
      expect(sources.get(key)).toBe(name);
    },
  );

  test.each(
    attributes
      .filter(({ key }) => key !== "profile" && key !== "configFile")
      .flatMap(({ key, name, aliases, kind }) => [name, ...aliases].map((one) => ({ key, name: one, kind }))),
  )("$name is read from the file", async ({ key, name, kind }) => {
    const text = key === "cloud" ? "AWS" : key === "azureEnvironment" ? "PUBLIC" : sample[kind];
    const { settings, sources } = await loadFrom(`[p]\n${name} = ${text}\n`, { profile: "p" });
    expect(settings[key]).toEqual(key === "host" ? "https://x" : kind === "string" ? text : parsed[kind]);
    expect(sources.get(key)).toBe("~/.databrickscfg [p]");
  });

  test.each(attributes)("$key is an option", async ({ key, kind }) => {
    const value = key === "cloud" ? "AWS" : key === "azureEnvironment" ? "PUBLIC" : parsed[kind];
    const { settings } = await load({ host: "x", [key]: value } as DatabricksOptions);
    expect(settings[key]).toEqual(key === "host" ? "https://x" : value);
  });
});

describe("merging", () => {
  test("C03 a named profile does not inherit DEFAULT", async () => {
    const { settings } = await loadFrom("[DEFAULT]\nhost = https://d\ntoken = t\n[p]\nhost = https://p\n", {
      profile: "p",
    });
    expect(settings).toEqual({ profile: "p", host: "https://p" });
  });

  test("the environment's host beats the host of a profile", async () => {
    const { settings } = await loadFrom(
      "[p]\nhost = https://p\ntoken = t\n",
      { profile: "p" },
      { DATABRICKS_HOST: "e" },
    );
    expect(settings).toMatchObject({ host: "https://e", token: "t" });
  });

  test("and it is said when a profile's secret thereby goes to another host", async () => {
    const homeDir = await freshFolder();
    await writeFile(join(homeDir, ".databrickscfg"), "[p]\nhost = https://p/\ntoken = SECRET\n", { mode: 0o600 });
    const warned = async (DATABRICKS_HOST: string) => {
      const context = testContext({ homeDir, env: { DATABRICKS_HOST }, trackingUri: "databricks" });
      await loadConfig(readOptions({ profile: "p" }), uri, context);
      return context.warned;
    };
    expect(await warned("https://e")).toEqual([
      "databricks: the secrets of ~/.databrickscfg [p] go to the host of DATABRICKS_HOST, not to https://p",
    ]);
    expect(await warned("https://P:443")).toEqual([]);
  });

  test("the profile that is used is known by its name, also DEFAULT", async () => {
    expect((await loadFrom("[DEFAULT]\nhost = h\n")).settings.profile).toBe("DEFAULT");
  });

  test("who says where or how does not mean the default profile", async () => {
    for (const options of [
      { host: "h" },
      { token: "t" },
      { azureWorkspaceResourceId: "/a/b" },
    ] as DatabricksOptions[]) {
      expect((await loadFrom("[DEFAULT]\nhost = https://d\ntoken = x\n", options)).settings.profile).toBeUndefined();
    }
  });

  test("false does not count as saying how", async () => {
    expect((await loadFrom("[DEFAULT]\nhost = https://d\n", {}, { ARM_USE_MSI: "false" })).settings.host).toBe(
      "https://d",
    );
  });

  test("a missing file is no error, even with a profile", async () => {
    const { settings } = await load({ profile: "p" }, {}, { homeDir: await freshFolder() });
    expect(settings).toEqual({ profile: "p" });
  });

  test.each([
    ["no", "~/.databrickscfg has no no profile configured"],
    ["__settings__", "__settings__ is a reserved section name and cannot be used as a profile"],
  ])("the profile %s is an error that ends in what was configured", async (profile, what) => {
    const env = { DATABRICKS_CONFIG_PROFILE: profile, DATABRICKS_TOKEN: "SENTINEL" };
    const error = await failure(loadFrom("[a]\nhost = h\n", {}, env));
    expect(error.message).toBe(
      `databricks: resolve: ${what}. Config: token=***, profile=${profile}. Env: DATABRICKS_TOKEN, DATABRICKS_CONFIG_PROFILE`,
    );
  });

  test("default_profile that is not there is an error that lists the profiles", async () => {
    const error = await failure(loadFrom("[__settings__]\ndefault_profile = no\n[a]\nhost = h\n[b]\nhost = h\n"));
    expect(error).toMatchObject({ code: "ERR_AUTH_FILE", hint: expect.stringContaining("a, b") });
    expect(error.message).toBe("databricks: resolve: ~/.databrickscfg has no no profile configured.");
  });

  test("a setting of the host's query is used where none is set", async () => {
    const { settings, sources } = await load({ host: "https://h/?o=5&a=acc" });
    expect(settings).toMatchObject({ workspaceId: "5", accountId: "acc" });
    expect(sources.get("workspaceId")).toBe("option host");
  });

  test("a data source name sets several at once, and beats nothing that is set", async () => {
    const { settings } = await load({ dsn: "databricks://me%40x:p%3A@h?cluster_id=c&rate_limit=3", clusterId: "mine" });
    expect(settings).toEqual({ host: "https://h", username: "me@x", password: "p:", clusterId: "mine", rateLimit: 3 });
  });
});

test.each(["https://h", "databricks://", "databricks://u:%SENTINEL@h"])("the data source name %j is refused", (dsn) => {
  expect(() => readOptions({ dsn })).toThrow(
    expect.objectContaining({ code: "ERR_OPTION", message: expect.not.stringContaining("SENTINEL") }),
  );
});

describe("values", () => {
  test.each(["yes", "on", "2", "truthy"])("C04 ARM_USE_MSI=%s is an error that names the variable", async (value) => {
    const error = await failure(load({}, { DATABRICKS_HOST: "h", ARM_USE_MSI: value }));
    expect(error).toMatchObject({ code: "ERR_ENV", message: expect.stringContaining("ARM_USE_MSI") });
  });

  test.each([
    ["true", true],
    ["False", false],
    ["1", true],
    ["0", false],
  ])("C04 ARM_USE_MSI=%s", async (text, value) => {
    expect((await load({}, { DATABRICKS_HOST: "h", ARM_USE_MSI: text })).settings.azureUseMsi).toBe(value);
  });

  test("C04 a boolean in the file is held to the same", async () => {
    const error = await failure(loadFrom("[p]\nazure_use_msi = SECRET\n", { profile: "p" }));
    expect(error).toMatchObject({
      code: "ERR_ENV",
      message: expect.stringContaining("azure_use_msi in ~/.databrickscfg [p]"),
    });
    expect(error.message).not.toContain("SECRET");
  });

  test("C08 an option that does not exist is an error that lists those that do", () => {
    for (const name of ["constructor", "hots"]) {
      expect(() => readOptions({ [name]: "x" } as DatabricksOptions)).toThrow(
        expect.objectContaining({ code: "ERR_OPTION", hint: expect.stringContaining("host, clusterId") }),
      );
    }
    expect(() => readOptions(JSON.parse('{"__proto__": "x"}'))).toThrow("there is no option");
    expect(() => readOptions({ host: 5 } as never)).toThrow("the option host is no string");
  });

  test.each([
    [{ cloud: "IBM" }, "option cloud is none of"],
    [{ azureEnvironment: "GERMANY" }, "option azureEnvironment is none of"],
    [{ host: "https://:443" }, "no host configured"],
    [{ host: "https://u:SECRET@h" }, "no host configured"],
  ])("%j is refused", async (options, message) => {
    const error = await failure(load(options));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("SECRET");
  });

  test("empty strings are unset", async () => {
    expect((await load({ host: "h", token: "" }, { DATABRICKS_USERNAME: "" })).settings).toEqual({ host: "https://h" });
  });
});

describe("the file", () => {
  test("C05 a warning when others can read a file with a secret in it, also through a link", async () => {
    const homeDir = await freshFolder();
    const path = join(homeDir, "shared");
    await writeFile(path, "[DEFAULT]\nhost = h\ntoken = SECRET\n");
    await chmod(path, 0o644);
    await symlink(path, join(homeDir, ".databrickscfg"));
    const context = testContext({ homeDir, trackingUri: "databricks" });
    await loadConfig(readOptions({}), uri, context);
    expect(context.warned).toEqual([expect.stringContaining("mode 0644")]);
    expect(context.warned.join()).not.toContain("SECRET");
  });

  test("C06 without a home, the default file is an error and never sought in the working directory", async () => {
    for (const homeDir of ["", "relative"]) {
      expect(await failure(load({}, {}, { homeDir }))).toMatchObject({ code: "ERR_AUTH_FILE" });
    }
  });

  test("C01 a malformed file names the line, and shows nothing of it", async () => {
    const error = await failure(loadFrom("[DEFAULT]\nhost = h\ndapiSECRET\n"));
    expect(error).toMatchObject({ code: "ERR_AUTH_FILE", message: expect.stringContaining("line 3") });
    expect(`${error.message}${error.hint}${error.stack}`).not.toContain("SECRET");
  });

  test("a folder in its place is an error", async () => {
    const homeDir = await freshFolder();
    expect(await failure(load({}, { DATABRICKS_CONFIG_FILE: homeDir }))).toMatchObject({ code: "ERR_AUTH_FILE" });
  });
});

test("an error's Config and Env show every setting but no secret", async () => {
  const secrets = attributes.filter(({ secret }) => secret).map(({ key }) => key);
  const options = Object.fromEntries(secrets.map((key) => [key, `SENTINEL-${key}`]));
  const config = await load(
    { host: "h", ...options, scopes: "b a" },
    { DATABRICKS_CLUSTER_ID: "c", ARM_USE_MSI: "true" },
  );
  const text = describeConfig(config);
  expect(text).not.toContain("SENTINEL");
  expect(text).toMatch(
    /^ Config: host=https:\/\/h, cluster_id=c, metadata_service_url=\*\*\*, token=\*\*\*, .*\. Env: DATABRICKS_CLUSTER_ID, ARM_USE_MSI$/,
  );
  expect(text).toContain("scopes=a,b");
});
