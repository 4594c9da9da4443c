import { describe, expect, test } from "vitest";
import { databricks } from "../src/databricks.ts";
import type { TokenCredentials } from "../src/options.ts";
import { testContext } from "./support/context.ts";
import { failureOf, headersOf, resolve } from "./support/provider.ts";

describe("an object with authenticate(headers), as the official SDK's Config", () => {
  const config = {
    authenticate: async (headers: Headers) => headers.set("Authorization", "Bearer sdk"),
    getHost: async () => new URL("https://sdk.example/"),
  };

  test("writes the headers, and tells the host", async () => {
    const context = testContext();
    const auth = await resolve({ credentials: config }, context);
    expect(auth).toMatchObject({ source: "option credentials", details: { host: "https://sdk.example" } });
    expect(auth.baseUrl?.href).toBe("https://sdk.example/");
    expect(await headersOf(auth, context)).toEqual({ authorization: "Bearer sdk" });
  });

  test("U13 its host comes before the environment's, whose other settings do not contradict it", async () => {
    const env = {
      DATABRICKS_HOST: "h",
      DATABRICKS_TOKEN: "t",
      DATABRICKS_CLIENT_ID: "c",
      DATABRICKS_WORKSPACE_ID: "5",
    };
    const context = testContext({ env, trackingUri: "databricks" });
    const auth = await resolve({ credentials: config }, context);
    expect(auth.baseUrl?.href).toBe("https://sdk.example/");
    expect(await headersOf(auth, context)).toEqual({ authorization: "Bearer sdk", "x-databricks-workspace-id": "5" });
    const { authenticate } = config;
    expect((await resolve({ credentials: { authenticate } }, context)).baseUrl?.href).toBe("https://h/");
  });

  test("U13 the option host alone comes before its own, and no other server gets its headers", async () => {
    expect((await resolve({ credentials: config, host: "h" }, testContext())).baseUrl?.href).toBe("https://h/");
    const error = await failureOf(resolve({ credentials: config }, testContext({ trackingUri: "https://h" })));
    expect(error).toMatchObject({
      code: "ERR_AUTH_CONFLICT",
      message: "databricks: the tracking URI is https://h, and option credentials is https://sdk.example",
    });
  });

  test("its error is told without what could be a token, and not handed on", async () => {
    const context = testContext();
    const credentials = { authenticate: () => Promise.reject(new Error("refused: dapiSENTINEL0123456789")) };
    const error = await failureOf(headersOf(await resolve({ host: "h", credentials }, context), context));
    expect(error).toMatchObject({
      code: "ERR_AUTH_LOAD",
      message: "databricks: credentials.authenticate() failed: refused: ***",
    });
    expect(error.cause).toBeUndefined();
  });
});

describe("an object with getToken(scope), as a credential of @azure/identity", () => {
  const expiresOnTimestamp = Date.now() + 3_600_000;
  const asked: string[] = [];
  const credentials: TokenCredentials = {
    async getToken(scope) {
      asked.push(scope);
      return { token: `token-${asked.length}`, expiresOnTimestamp };
    },
  };
  const host = "https://adb-1.2.azuredatabricks.net";

  test("is asked for Azure Databricks, and the margin is Azure's", async () => {
    asked.length = 0;
    const context = testContext();
    const auth = await resolve({ host, credentials }, context);
    const credential = await auth.load!(context);
    expect(asked).toEqual(["2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default"]);
    expect(credential.expiresAt?.getTime()).toBe(expiresOnTimestamp - 40_000);
    expect(await headersOf(auth, context)).toEqual({ authorization: "Bearer token-2" });
  });

  test("with a resource id also for service management, if it may have it", async () => {
    asked.length = 0;
    const context = testContext();
    const options = { host, azureWorkspaceResourceId: "/subscriptions/s" };
    expect(await headersOf(await resolve({ ...options, credentials }, context), context)).toEqual({
      authorization: "Bearer token-1",
      "x-databricks-azure-sp-management-token": "token-2",
      "x-databricks-azure-workspace-resource-id": "/subscriptions/s",
    });
    const refused: TokenCredentials = {
      getToken: async (scope) => (scope.startsWith("https") ? null : { token: "t", expiresOnTimestamp }),
    };
    expect(await headersOf(await resolve({ ...options, credentials: refused }, context), context)).toEqual({
      authorization: "Bearer t",
      "x-databricks-azure-workspace-resource-id": "/subscriptions/s",
    });
  });

  test.each([null, { token: "a b", expiresOnTimestamp }, {}])("%j is an error", async (answer) => {
    const context = testContext();
    const auth = await resolve({ host, credentials: { getToken: async () => answer as never } }, context);
    expect((await failureOf(headersOf(auth, context))).code).toMatch(/^ERR_AUTH/);
  });
});

test("anything else is refused when it is given", () => {
  expect(() => databricks({ credentials: {} as never })).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
});

test("without a host there is nowhere to go", async () => {
  const credentials = { authenticate: () => {} };
  expect(await failureOf(resolve({ credentials }, testContext()))).toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
});
