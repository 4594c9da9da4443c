import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { type AuthContext, AuthError } from "@mlflow-kit/core";
import { afterAll, describe, expect, it } from "vitest";
import { token } from "../src/index.ts";
import { credentialOf, headersOf, jwt, testContext } from "./context.ts";

const folder = mkdtempSync(join(tmpdir(), "auth-token-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Options = Parameters<typeof token>[0];
const secret = "SENTINEL-9f2c";
const node = process.execPath;

async function use(options?: Options, fields: Partial<AuthContext> = {}) {
  const context = testContext(fields);
  const auth = await token(options).resolve(context);
  const credential = auth && (await credentialOf(auth, context));
  const headers = credential && (await headersOf(credential, { authorization: "stale" }));
  return { auth, credential, sent: headers?.authorization, source: auth?.source, ...context };
}

async function refused(options: unknown, fields: Partial<AuthContext> = {}): Promise<AuthError> {
  const error = await use(options as Options, fields).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(AuthError);
  expect((error as Error).message).toMatch(/^token: /);
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain("SENTINEL");
  return error as AuthError;
}

describe("a value", () => {
  it("comes from the argument, the option or MLFLOW_TRACKING_TOKEN", async () => {
    const env = { MLFLOW_TRACKING_TOKEN: "from-env" };
    expect(await use("abc", { env })).toMatchObject({ sent: "Bearer abc", source: "options" });
    expect(await use({ token: "abc" }, { env })).toMatchObject({ sent: "Bearer abc", source: "options" });
    expect(await use(undefined, { env })).toMatchObject({ sent: "Bearer from-env", source: "MLFLOW_TRACKING_TOKEN" });
    expect(await use({}, { env })).toMatchObject({ sent: "Bearer from-env" });
  });

  it("says why it is not configured", async () => {
    for (const env of [{}, { MLFLOW_TRACKING_TOKEN: "" }]) {
      const { auth, skipped } = await use(undefined, { env });
      expect(auth).toBeUndefined();
      expect(skipped).toEqual(["neither MLFLOW_TRACKING_TOKEN nor MLFLOW_TRACKING_AUTH is set"]);
    }
  });

  it("T10 has nothing to load, and shows when a JWT expires", async () => {
    const { auth } = await use(jwt({ exp: 1_900_000_000 }));
    expect(auth?.load).toBeUndefined();
    expect(auth?.details).toEqual({ expires: "2030-03-17T17:46:40.000Z" });
    const { warned } = await use(undefined, { env: { MLFLOW_TRACKING_TOKEN: jwt({ exp: 1_500_000_000 }) } });
    expect(warned).toEqual(["token: MLFLOW_TRACKING_TOKEN expired at 2017-07-14T02:40:00.000Z"]);
  });

  it("I04 I12 I13 I14 refuses what is no bearer token, from every source", async () => {
    for (const bad of [
      "   ",
      `${secret}\r\nX: y`,
      `${secret}\n`,
      `"${secret}"`,
      `${secret} ${secret}`,
      `Bearer ${secret}`,
      `${secret}é`,
    ]) {
      expect(await refused(bad)).toMatchObject({ code: "ERR_AUTH_INVALID" });
      expect(await refused(undefined, { env: { MLFLOW_TRACKING_TOKEN: bad } })).toMatchObject({
        code: "ERR_AUTH_INVALID",
      });
    }
    expect((await refused(`Bearer ${secret}`)).hint).toMatch(/Leave out/);
  });

  it("I10 I20 C08 refuses empties, other types and unknown options", async () => {
    expect(await refused("")).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(await refused({ token: "" })).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(await refused(123)).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(await refused({ token: { toString: () => secret } })).toMatchObject({ code: "ERR_AUTH_INVALID" });
    for (const options of [
      null,
      Buffer.from(secret),
      { toString: () => secret },
      { tokn: secret },
      JSON.parse(`{"__proto__":"${secret}"}`),
    ]) {
      expect(await refused(options)).toMatchObject({
        code: "ERR_OPTION",
        hint: expect.stringContaining("token, file, command"),
      });
    }
  });

  it("refuses two sources at once", async () => {
    for (const options of [
      { token: secret, file: "a" },
      { file: "a", command: ["a"] },
      { token: secret, kubernetes: true },
      { file: "a", clientSecret: secret },
    ]) {
      expect(await refused(options)).toMatchObject({ code: "ERR_AUTH_CONFLICT" });
    }
  });
});

describe("a command", () => {
  it("P01 prints the token, and sees the client's environment", async () => {
    const expires = Math.floor(Date.now() / 1000) + 600;
    const value = jwt({ exp: expires });
    const result = await use({ command: [node, "-e", "console.log(process.env.VALUE)"] }, { env: { VALUE: value } });
    expect(result).toMatchObject({ sent: `Bearer ${value}`, source: `the command ${JSON.stringify(node)}` });
    expect(result.credential?.expiresAt).toEqual(new Date(expires * 1000));
  });

  it("P02 P05 is an error when it fails, says nothing or is missing, and its output is not echoed", async () => {
    const script = (text: string) => ({ command: [node, "-e", text] });
    for (const options of [
      script(`console.log("${secret}"); process.exit(1)`),
      script(""),
      script("console.log('  ')"),
      script(`console.log("${secret} ${secret}")`),
      script(`console.log("${secret}".repeat(200000))`),
      { command: ["no-such-program", secret] },
      { command: [] },
      { command: "ls" },
      { command: null },
    ]) {
      expect(await refused(options)).toMatchObject({ code: "ERR_AUTH_COMMAND" });
    }
  });
});

describe("a function", () => {
  it("returns a token, or a token and when it expires", async () => {
    const expiresAt = new Date(Date.now() + 1000);
    expect(await use(() => "abc")).toMatchObject({ sent: "Bearer abc", source: "a function" });
    expect((await use({ token: async () => ({ token: "abc", expiresAt }) })).credential?.expiresAt).toBe(expiresAt);
    expect((await use(() => ({ token: "abc" }))).credential?.expiresAt).toBeUndefined();
    expect((await use(() => jwt({ exp: 2_000_000_000 }))).credential?.expiresAt).toEqual(new Date(2_000_000_000_000));
  });

  it("is handed the context, and not called before it is needed", async () => {
    let calls = 0;
    const context = testContext({ env: { A: "abc" } });
    const auth = await token(({ env }) => {
      calls++;
      return env.A!;
    }).resolve(context);
    expect(calls).toBe(0);
    expect(await headersOf(await credentialOf(auth, context))).toEqual({ authorization: "Bearer abc" });
  });

  it("T26 is an error when it throws or returns something else", async () => {
    const thrown = Object.assign(new Error("vault is sealed"), { config: secret });
    for (const ask of [
      () => undefined,
      () => null,
      () => 7,
      () => "",
      () => `${secret}\r\nX: y`,
      () => ({}),
      () => ({ token: 7 }),
      () => ({ token: secret, expiresAt: "tomorrow" }),
      () => ({ token: secret, expiresAt: new Date(Number.NaN) }),
      () => ({ token: secret, expiresAt: 3600 }),
      () => Promise.reject(thrown),
      () => Promise.reject(secret),
    ]) {
      expect(await refused(ask)).toMatchObject({ code: "ERR_AUTH_LOAD" });
    }
  });
});

it("L01 L07 shows no secret when it is printed", async () => {
  const file = join(folder, "token");
  writeFileSync(file, secret);
  chmodSync(file, 0o600);
  for (const options of [
    secret,
    { token: secret },
    () => secret,
    { file },
    { command: [node, "-p", `"${secret}"`] as const },
    { clientId: "me", clientSecret: secret, tokenUrl: "https://idp.example.com/token" },
  ]) {
    const context = testContext();
    const provider = token(options);
    const auth = await provider.resolve(context);
    const credential =
      typeof options === "object" && "clientId" in options ? undefined : await credentialOf(auth, context);
    for (const value of [provider, auth, credential]) {
      const shown = inspect(value, { showHidden: true, depth: 9, getters: true }) + JSON.stringify(value);
      expect(shown).not.toMatch(/SENTINEL|U0VOVElORUw/);
      if (value) expect(() => structuredClone(value)).toThrow();
    }
    expect(auth?.source).not.toContain(secret);
  }
});
