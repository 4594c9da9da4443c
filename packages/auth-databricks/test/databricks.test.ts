import { type Auth, type AuthContext, ConnectionError } from "@mlflow-kit/core";
import { describe, expect, test } from "vitest";
import { databricks } from "../src/databricks.ts";
import type { DatabricksOptions } from "../src/options.ts";
import { testContext } from "./support/context.ts";
import { writeExecutable } from "./support/executables.ts";
import { freshFolder } from "./support/folder.ts";
import { failureOf, headersOf, resolve } from "./support/provider.ts";
import { startServer, workspaceAnswer } from "./support/server.ts";
import { wire } from "./support/wire.ts";

const never: AuthContext["send"] = async (request) => {
  throw new Error(`${request.url} was asked`);
};
const offline = (fields: Partial<AuthContext>) => testContext({ send: never, ...fields });
const loggedIn = { DATABRICKS_HOST: "https://h", DATABRICKS_TOKEN: "t" };

describe("when it is on", () => {
  test.each<[string, DatabricksOptions, string | undefined, Record<string, string>]>([
    ["the tracking URI databricks", {}, "databricks", loggedIn],
    ["DATABRICKS_HOST and no tracking URI", {}, undefined, loggedIn],
    ["the tracking URI is DATABRICKS_HOST", {}, "https://h/prefix", loggedIn],
    ["options", { host: "https://h", token: "t" }, undefined, {}],
    ["options, and the tracking URI is the host", { token: "t" }, "https://H:443/", {}],
    ["options, and the tracking URI is the same host", { host: "h", token: "t" }, "https://h", {}],
  ])("%s", async (_, options, trackingUri, env) => {
    const context = offline({ trackingUri, env });
    const auth = await resolve(options, context);
    expect(auth.baseUrl?.href).toBe("https://h/");
    expect(await headersOf(auth, context)).toEqual({ authorization: "Bearer t" });
  });

  test.each<[string, DatabricksOptions, string | undefined, Record<string, string>]>([
    ["nothing", {}, undefined, {}],
    ["a token alone", {}, undefined, { DATABRICKS_TOKEN: "t" }],
    ["another server", {}, "https://mlflow.example.com", loggedIn],
    ["another server that begins alike", {}, "https://h.evil", loggedIn],
    ["plain http to the host", {}, "http://h", loggedIn],
    ["a host that is none", {}, "https://h", { DATABRICKS_HOST: "https://:443" }],
    ["an ARN", { token: "t" }, "arn:aws:sagemaker:eu-west-1:1:mlflow-tracking-server/x", loggedIn],
  ])("not: %s", async (_, options, trackingUri, env) => {
    const context = offline({ trackingUri, env });
    expect(await databricks(options).resolve(context)).toBeUndefined();
    expect(context.skipped).toHaveLength(1);
  });

  test("U13 credentials of one server are not sent to another", async () => {
    const context = offline({ trackingUri: "https://mlflow.example.com", env: loggedIn });
    const error = await failureOf(resolve({ authType: "pat" }, context));
    expect(error).toMatchObject({
      code: "ERR_AUTH_CONFLICT",
      message: expect.stringContaining("DATABRICKS_HOST is https://h"),
    });
  });

  test.each([
    ["databricks-uc", "is a registry URI"],
    ["databricks-uc://p", "is a registry URI"],
    ["databricks://scope:prefix", "secret scope"],
    ["databricks:/p", "URI is formatted incorrectly"],
  ])("%s is an error", async (trackingUri, message) => {
    const error = await failureOf(resolve({}, offline({ trackingUri, env: loggedIn })));
    expect(error).toMatchObject({ code: "ERR_TRACKING_URI", message: expect.stringContaining(message) });
  });
});

test("C03 two ways of authenticating are an error that names both and shows no secret", async () => {
  const env = { ...loggedIn, DATABRICKS_CLIENT_ID: "c", DATABRICKS_CLIENT_SECRET: "SENTINEL" };
  const error = await failureOf(resolve({}, offline({ trackingUri: "databricks", env })));
  expect(error.code).toBe("ERR_AUTH_CONFLICT");
  expect(error.message).toBe(
    "databricks: validate: more than one authorization method configured: oauth and pat. Config: host=https://h, token=***, client_id=c, client_secret=***. Env: DATABRICKS_HOST, DATABRICKS_TOKEN, DATABRICKS_CLIENT_ID, DATABRICKS_CLIENT_SECRET",
  );
});

describe("what is known at once", () => {
  test("needs no network, and says where it was found", async () => {
    const auth = await resolve({}, offline({ trackingUri: "databricks", env: loggedIn }));
    expect(auth).toMatchObject({ source: "DATABRICKS_TOKEN", details: { auth_type: "pat", host: "https://h" } });
    expect(auth.load).toBeUndefined();
  });

  test.each([["t\r\nx: y"], ["Bearer t"], ["\u00e4"]])("I04 the token %j is refused and not shown", async (token) => {
    const error = await failureOf(resolve({ host: "h", token }, offline({})));
    expect(error.code).toBe("ERR_AUTH_INVALID");
    expect(error.message).toMatch(/^databricks: pat auth: option token .*\. Config: host=https:\/\/h, token=\*\*\*$/);
  });

  test("I05 a colon in the username is refused", async () => {
    const error = await failureOf(resolve({ host: "h", username: "a:b", password: "SENTINEL" }, offline({})));
    expect(error).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(error.message).not.toContain("SENTINEL");
  });
});

describe("choosing among strategies", () => {
  const azure = "https://adb-1.2.azuredatabricks.net";

  test("nothing is configured: every strategy says why, at once", async () => {
    const error = await failureOf(resolve({ host: azure }, offline({ env: {} })));
    expect(error.code).toBe("ERR_AUTH_UNAVAILABLE");
    const lines = error.message.split("\n");
    expect(lines).toHaveLength(17);
    expect(lines).toContain("  pat: token is required");
    expect(lines.join()).toContain("azure-cli: Most likely Azure CLI is not installed");
    expect(error.remedies).toHaveLength(16);
  });

  test("resolving starts no process, and one that fails makes way for the next, which stays", async () => {
    const bin = await freshFolder();
    const cli = await writeExecutable(bin, "databricks", [{ when: {}, exit: 1, stderr: "no" }], 1024 * 1024);
    const az = await writeExecutable(bin, "az", [
      { when: { argvPrefix: ["account", "show"] }, exit: 0, stdoutJson: { user: { type: "user" } } },
      {
        when: {},
        exit: 0,
        stdoutJson: { accessToken: "a", tokenType: "Bearer", expires_on: Math.floor(Date.now() / 1000) + 3600 },
      },
    ]);
    const server = await startServer(() => ({ status: 404 }));
    const context = testContext({ env: { PATH: bin }, send: wire(server.url) });
    const auth = await resolve({ host: azure }, context);
    expect(auth.details?.auth_type).toBe("databricks-cli, azure-cli");
    expect(await calls(cli)).toEqual([]);
    expect(await calls(az)).toEqual([]);
    expect(await headersOf(auth, context)).toMatchObject({ authorization: "Bearer a" });
    const first = (await calls(cli)).length;
    await headersOf(auth, context);
    expect((await calls(cli)).length).toBe(first);
    expect(context.debugged).toContain("databricks: using azure-cli");
  });

  test("all failed: each reason is in the error", async () => {
    const bin = await freshFolder();
    await writeExecutable(bin, "databricks", [{ when: {}, exit: 1, stderr: "first reason" }], 1024 * 1024);
    await writeExecutable(bin, "az", [{ when: {}, exit: 1, stderr: "second reason" }]);
    const server = await startServer(() => ({ status: 404 }));
    const context = testContext({ env: { PATH: bin }, send: wire(server.url) });
    const error = await failureOf(headersOf(await resolve({ host: azure }, context), context));
    expect(error.code).toBe("ERR_AUTH_UNAVAILABLE");
    expect(error.message).toContain("  databricks-cli: cannot get access token: first reason");
    expect(error.message).toContain("  azure-cli: cannot get account info: second reason");
    expect(error.message).not.toContain("pat");
    expect(error.remedies).toContain("pat: token is required");
  });

  test("auth_type is the only one, and its error is its own", async () => {
    const context = offline({
      env: { DATABRICKS_AUTH_TYPE: "oauth-m2m", DATABRICKS_HOST: "h", DATABRICKS_TOKEN: "t" },
    });
    const error = await failureOf(resolve({}, context));
    expect(error.message).toMatch(
      /^databricks: oauth-m2m auth: not configured\. Config: host=https:\/\/h, token=\*\*\*, auth_type=oauth-m2m\. Env: /,
    );
    expect(error.hint).toContain("client_id and client_secret");
  });

  test("C08 an unknown auth_type lists those there are", async () => {
    const error = await failureOf(resolve({ host: "h", authType: "constructor" }, offline({})));
    expect(error.message).toContain('auth type "constructor" not found');
    expect(error.hint).toContain("oauth-m2m");
    expect((await failureOf(resolve({ host: "h", authType: "external-browser" }, offline({})))).hint).toContain(
      "databricks auth login",
    );
  });

  test("a server out of reach is a connection error, and not about credentials", async () => {
    const lost = new ConnectionError("ERR_DNS", "cannot reach https://h", { sent: false });
    const context = testContext({ send: () => Promise.reject(lost) });
    const auth = await resolve({ host: "h", clientId: "c", clientSecret: "s" }, context);
    expect(await failureOf(headersOf(auth, context))).toBe(lost);
  });
});

describe("X-Databricks-Workspace-Id", () => {
  const ask = async (options: DatabricksOptions, type?: string) => {
    const server = await startServer((asked) => {
      const answer = workspaceAnswer(asked, () => ({
        json: { access_token: "t", token_type: "Bearer", expires_in: 60 },
      }));
      return asked.url.endsWith("databricks-config")
        ? { json: { ...(answer?.json as object), host_type: type } }
        : answer;
    });
    const context = testContext({ send: wire(server.url) });
    return (await headersOf(await resolve(options, context), context))["x-databricks-workspace-id"];
  };
  const m2m = { clientId: "c", clientSecret: "s", workspaceId: "5" };

  test("is sent to unified hosts", async () => {
    expect(await ask({ host: "h", ...m2m }, "unified")).toBe("5");
  });

  test("is sent where nobody asked what kind of host it is", async () => {
    expect(await ask({ host: "h", token: "t", workspaceId: "5" })).toBe("5");
    expect(await ask({ host: "https://h/?o=6", token: "t" })).toBe("6");
  });

  test("is not sent to accounts, to workspaces, and without an id", async () => {
    expect(await ask({ host: "accounts.x", token: "t", workspaceId: "5" })).toBeUndefined();
    expect(await ask({ host: "h", ...m2m }, "workspace")).toBeUndefined();
    expect(await ask({ host: "h", token: "t" })).toBeUndefined();
  });
});

test("disable_async_token_refresh: nobody asks for a new token before the old one has expired", async () => {
  const server = await startServer((asked) =>
    workspaceAnswer(asked, () => ({ json: { access_token: "t", token_type: "Bearer", expires_in: 60 } })),
  );
  const context = testContext({ env: { DATABRICKS_DISABLE_ASYNC_TOKEN_REFRESH: "true" } });
  const auth = (await resolve({ host: server.url.href, clientId: "c", clientSecret: "s" }, context)) as Auth;
  const credential = await auth.load!(context);
  expect(credential.refreshAt).toEqual(credential.expiresAt);
});

async function calls(program: string): Promise<unknown[]> {
  const { readFile } = await import("node:fs/promises");
  const log = await readFile(`${program}.log`, "utf8").catch(() => "");
  return log
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
