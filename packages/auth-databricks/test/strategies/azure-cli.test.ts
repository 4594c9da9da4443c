import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { DatabricksOptions } from "../../src/options.ts";
import { readCliToken } from "../../src/strategies/azure-cli.ts";
import { testContext } from "../support/context.ts";
import { type Rule, writeExecutable } from "../support/executables.ts";
import { freshFolder } from "../support/folder.ts";
import { failureOf, headersOf, resolve } from "../support/provider.ts";
import { startServer } from "../support/server.ts";
import { wire } from "../support/wire.ts";

const host = "https://adb-1.2.azuredatabricks.net";
const application = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
const management = "https://management.core.windows.net/";
const account = (user: object): Rule => ({ when: { argvPrefix: ["account", "show"] }, exit: 0, stdoutJson: { user } });
const person = account({ type: "user", name: "me@x" });
const soon = () => Math.floor(Date.now() / 1000) + 3600;
const token: Rule = {
  when: {},
  exit: 0,
  stdoutJson: { accessToken: "az-token", tokenType: "Bearer", expires_on: soon() },
};

async function run(rules: readonly Rule[], options: DatabricksOptions = {}, tenant?: string) {
  const bin = await freshFolder();
  const az = await writeExecutable(bin, "az", rules);
  const location = `https://login.microsoftonline.com/${tenant}/oauth2/authorize`;
  const server = await startServer(() => (tenant ? { status: 302, headers: { location } } : { status: 404 }));
  const context = testContext({ env: { PATH: bin }, send: wire(server.url) });
  const auth = await resolve({ host, authType: "azure-cli", ...options }, context);
  return {
    headers: () => headersOf(auth, context),
    load: () => auth.load!(context),
    calls: async (): Promise<string[][]> =>
      (await readFile(`${az}.log`, "utf8"))
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

const commands = (calls: string[][]) =>
  calls.filter(([, verb]) => verb === "get-access-token").map((call) => call.slice(2).join(" "));

test("asks for Databricks' token and for service management, in the tenant of the workspace", async () => {
  const az = await run([person, token], {}, "tenant-1");
  expect(await az.headers()).toEqual({
    authorization: "Bearer az-token",
    "x-databricks-azure-sp-management-token": "az-token",
  });
  expect(commands(await az.calls())).toEqual([
    `--resource ${application} --tenant tenant-1 --output json`,
    `--resource ${management} --tenant tenant-1 --output json`,
  ]);
});

test("the token is given up 40 s before it expires", async () => {
  const az = await run([person, token]);
  const { expires_on } = token.stdoutJson as { expires_on: number };
  expect((await az.load()).expiresAt).toEqual(new Date((expires_on - 40) * 1000));
});

test("without a tenant the subscription of the resource id tells it; who may not see it goes on without", async () => {
  const azureWorkspaceResourceId = "/subscriptions/sub-1/resourceGroups/g";
  const refused: Rule = { when: { argvContains: "--subscription" }, exit: 1, stderr: "no" };
  const az = await run([person, refused, token], { azureWorkspaceResourceId });
  expect(await az.headers()).toMatchObject({ "x-databricks-azure-workspace-resource-id": azureWorkspaceResourceId });
  expect(commands(await az.calls()).slice(0, 2)).toEqual([
    `--resource ${application} --subscription sub-1 --output json`,
    `--resource ${application} --output json`,
  ]);
  const known = await run([person, token], { azureWorkspaceResourceId, azureTenantId: "t" });
  await known.headers();
  expect(commands(await known.calls()).join()).not.toContain("--subscription");
});

test("a service principal that is refused in the tenant is asked for without it", async () => {
  const refused: Rule = { when: { argvContains: "--tenant" }, exit: 1, stderr: "no" };
  const az = await run([account({ type: "servicePrincipal", name: "app" }), refused, token], { azureTenantId: "t" });
  expect(await az.headers()).toMatchObject({ authorization: "Bearer az-token" });
});

test.each(["systemAssignedIdentity", "userAssignedIdentity"])("%s has no tenant", async (name) => {
  const az = await run([account({ type: "servicePrincipal", name }), token], { azureTenantId: "t" });
  await az.headers();
  expect(commands(await az.calls()).join()).not.toContain("--tenant");
});

describe("P01 arguments", () => {
  test("a resource id runs nothing, and a subscription with a shell's characters is left out", async () => {
    const az = await run([person, token], { azureWorkspaceResourceId: "/subscriptions/$(touch$IFS)/x" });
    await az.headers();
    expect(commands(await az.calls()).join()).not.toContain("touch");
  });

  test.each(["--help", "a b", "t;id"])("the tenant %j is refused", async (azureTenantId) => {
    const az = await run([person, token], { azureTenantId });
    expect(await failureOf(az.headers())).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(commands(await az.calls())).toEqual([]);
  });
});

test("P02 a complaint is told, without what could be a token", async () => {
  const secret = `eyJ${"SENTINEL".repeat(5)}`;
  const az = await run([person, { when: {}, exit: 1, stdout: secret, stderr: `ERROR: AADSTS50020: ${secret}` }]);
  const error = await failureOf(az.headers());
  expect(error.message).toContain("cannot get access token: ERROR: AADSTS50020: ***");
  expect(`${error.message}${error.hint}${error.stack}`).not.toContain("SENTINEL");
});

describe("when a token expires", () => {
  const read = (fields: object) =>
    readCliToken(JSON.stringify({ accessToken: "t", tokenType: "Bearer", ...fields })).expiresAt?.getTime();
  const local = new Date(2026, 4, 3, 10, 20, 30).getTime();

  test("expires_on is preferred, since the older expiresOn is in local time", () => {
    expect(read({ expires_on: 1_800_000_000, expiresOn: "2026-05-03 10:20:30.000000" })).toBe(1_800_000_000_000);
    expect(read({ expiresOn: "2026-05-03 10:20:30.000000" })).toBe(local);
    expect(read({ expiresOn: "2026-05-03 10:20:30" })).toBe(local);
  });

  test.each([{}, { expiresOn: "soon" }, { expires_on: -1 }])("%j is an error", (fields) => {
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ERR_AUTH/) }));
  });
});
