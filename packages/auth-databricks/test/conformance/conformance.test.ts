import type { Auth, AuthContext } from "@mlflow-kit/core";
import { afterEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { cloudEnvironment } from "../../src/config/environment.ts";
import { canonicalHost } from "../../src/config/host.ts";
import { readOptions } from "../../src/config/read-options.ts";
import { databricksWith } from "../../src/databricks.ts";
import { hostType, withHostMetadata } from "../../src/oauth/metadata.ts";
import { scopes } from "../../src/oauth/scope.ts";
import { strategies } from "../../src/strategies/all.ts";
import { cliTokenCommand, parseCliExpiry, parseCliVersion } from "../../src/strategies/databricks-cli.ts";
import { modelServing } from "../../src/strategies/model-serving.ts";
import { parseDatabricksUri } from "../../src/uri.ts";
import { type Case, cases, casesOf, optionsOf } from "./cases.ts";
import { createWorld, type World } from "./world.ts";

const tokenFile = "/var/credentials-secret/model-dependencies-oauth-token";

/** Left out, and why. */
const exceptions: Readonly<Record<string, string>> = {
  "u2m-cache-key": "the token cache of the browser flow is the Databricks CLI's own",
  "u2m-scopes": "the browser flow is the Databricks CLI's: databricks auth login",
  "refresh/expired-buffer-40s": "the margin is Azure's, as in the Go SDK; elsewhere a token is good until it expires",
};

let world: World | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

test("at least 235 of the cases are run", () => {
  const left = cases.filter(({ kind, name }) => kind in exceptions || name in exceptions);
  expect(cases.length).toBe(243);
  expect(cases.length - left.length).toBeGreaterThanOrEqual(235);
});

describe("auth", () => {
  test.each(casesOf("auth"))("%s", async (_, one) => {
    world = await createWorld(one);
    const { context, unmatched } = world;
    if (one.expect.error) {
      await expectError(authenticate(one, world), one.expect.error.contains);
      expect(unmatched).toEqual([]);
      return;
    }
    const { auth, headers, authType } = await authenticate(one, world);
    expect(unmatched).toEqual([]);
    expect(authType).toBe(one.expect.authType);
    const host = auth.baseUrl!.origin;
    if (one.expect.host)
      expect(host).toBe(one.expect.hostCaseInsensitive ? one.expect.host.toLowerCase() : one.expect.host);
    if (one.expect.hostRaw) expect(host).toBe(canonicalHost(one.expect.hostRaw)?.host);
    if (one.expect.profile) expect(auth.details?.profile).toBe(one.expect.profile);
    if (one.expect.cloud) expect(cloudEnvironment({ ...optionsOf(one), host }).cloud).toBe(one.expect.cloud);
    if (one.expect.azureTenantId === null)
      expect(context.debugged).toContain("databricks: the workspace names no tenant");
    for (const [name, value] of Object.entries(one.expect.headers ?? {}))
      expect(headers[name.toLowerCase()]).toBe(value);
    for (const name of one.expect.absentHeaders ?? []) expect(headers).not.toHaveProperty(name.toLowerCase());
  });
});

describe("resolve", () => {
  test.each(casesOf("resolve"))("%s", async (_, one) => {
    world = await createWorld(one);
    const { context } = world;
    if (one.expect.error) {
      await expectError(resolveSettings(one, world), one.expect.error.contains);
      return;
    }
    const settings = await resolveSettings(one, world);
    const environment = cloudEnvironment(settings);
    const actual: Record<string, unknown> = {
      ...settings,
      cloud: environment.cloud,
      azureActiveDirectoryEndpoint: environment.azure.login,
      hostType: hostType(settings),
      scopes: scopes(settings),
    };
    for (const [name, value] of Object.entries(one.expect)) expect(actual[name] ?? null, name).toEqual(value);
    expect(context.skipped).toEqual([]);
  });
});

describe("cli-command", () => {
  test.each(casesOf("cli-command"))("%s", (_, one) => {
    const command = () => cliTokenCommand(optionsOf(one), one.cliVersion ?? undefined);
    if (one.expect.argv) expect(command()).toEqual(one.expect.argv);
    for (const part of one.expect.error?.contains ?? []) expect(command).toThrow(part);
  });
});

describe("parse", () => {
  test.each(casesOf("parse"))("%s", (_, { argsExplicit, expect: wanted }) => {
    if ("stdout" in argsExplicit) {
      expect(parseCliVersion(argsExplicit.stdout) ?? null).toBe(wanted.version);
      return;
    }
    const parse = () => parseCliExpiry(argsExplicit.expiry);
    if (wanted.outcome === "error") expect(parse).toThrow("cannot parse expiry");
    else if (wanted.outcome === "ok") expect(parse()).toBeInstanceOf(Date);
    else expect(parse()?.toISOString()).toBe(wanted.outcome);
  });
});

describe("mlflow-uri", () => {
  test.each(casesOf("mlflow-uri"))("%s", async (_, one) => {
    const { uri } = one.argsExplicit;
    if (one.expect.error) {
      for (const part of one.expect.error.contains) expect(() => parseDatabricksUri(uri)).toThrow(part);
    } else if (one.expect.profileUsed) {
      world = await createWorld(one);
      const { settings } = await loadConfig(readOptions({}), parseDatabricksUri(uri), world.context);
      expect(settings.profile).toBe(one.expect.profileUsed);
    } else {
      const parsed = parseDatabricksUri(uri);
      expect(parsed?.profile ?? null).toBe(one.expect.profileOrScope);
      expect(parsed?.keyPrefix ?? null).toBe(one.expect.keyPrefix);
    }
  });
});

async function authenticate(one: Case, { home, context, file }: World) {
  const among = strategies.map((strategy) =>
    strategy.name === "model-serving" ? modelServing(file(tokenFile)) : strategy,
  );
  const auth = (await databricksWith(optionsOf(one, home), among).resolve(context)) as Auth;
  const request = { method: "GET", url: new URL("/api", auth.baseUrl), headers: {} as Record<string, string> };
  const member = auth.authorize ? auth : await auth.load!(context as AuthContext);
  await member.authorize!(request);
  const used = context.debugged.map((line) => /^databricks: using (\S+)/.exec(line)?.[1]).find((name) => name);
  return { auth, headers: request.headers, authType: used ?? auth.details?.auth_type };
}

async function resolveSettings(one: Case, { home, context }: World) {
  const { settings } = await loadConfig(readOptions(optionsOf(one, home)), { scheme: "databricks" }, context);
  return settings.host === undefined ? settings : (await withHostMetadata(settings, context)).settings;
}

async function expectError(promise: Promise<unknown>, parts: readonly string[]) {
  const error = (await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as Error | undefined;
  expect(error).toBeInstanceOf(Error);
  expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_/));
  for (const part of parts) expect(error!.message).toContain(part);
}
