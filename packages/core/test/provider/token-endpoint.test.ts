import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { AuthError } from "../../src/index.ts";
import { requestToken } from "../../src/provider/index.ts";
import { testContext } from "./context.ts";

type Handler = (request: IncomingMessage & { text: string }, response: ServerResponse) => void;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function endpoint(handler: Handler): Promise<URL> {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    handler(Object.assign(request, { text }), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token?secret=1`);
}

const secret = "SENTINEL%9f2c";
const form = { grant_type: "client_credentials", client_secret: secret };
const now = () => 1_000_000;

async function ask(answer: unknown, status = 200, headers: Record<string, string> = {}) {
  const url = await endpoint((_, response) => {
    response.writeHead(status, headers).end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  return requestToken(testContext({ now }), { owner: "token", url, form });
}

async function refused(answer: unknown, status = 200, headers: Record<string, string> = {}): Promise<AuthError> {
  const error = await ask(answer, status, headers).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(AuthError);
  expect(error).toMatchObject({
    code: "ERR_AUTH_LOAD",
    message: expect.stringMatching(/^token: the token endpoint http/),
  });
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/SENTINEL|secret=1/);
  return error as AuthError;
}

const good = { access_token: "abc", token_type: "Bearer", expires_in: 3600 };

describe("requestToken", () => {
  it("posts a form and reads the answer", async () => {
    let seen: unknown;
    const url = await endpoint((request, response) => {
      seen = {
        method: request.method,
        text: request.text,
        type: request.headers["content-type"],
        extra: request.headers["x-extra"],
      };
      response.end(JSON.stringify(good));
    });
    const answer = await requestToken(testContext({ now }), {
      owner: "token",
      url,
      form: { a: "b c", d: "é&" },
      headers: { "x-extra": "1" },
    });
    expect(seen).toEqual({
      method: "POST",
      text: "a=b+c&d=%C3%A9%26",
      type: "application/x-www-form-urlencoded",
      extra: "1",
    });
    expect(answer).toEqual({ token: "abc", tokenType: "bearer", expiresAt: new Date(1_000_000 + 3_600_000) });
  });

  it("T15 takes an expires_in in digits, and the exp of a JWT in its place", async () => {
    expect((await ask({ ...good, expires_in: "3600" })).expiresAt).toEqual(new Date(4_600_000));
    expect(await ask({ access_token: "abc", token_type: "bearer" })).toEqual({ token: "abc", tokenType: "bearer" });
    const jwt = `e30.${Buffer.from('{"exp":2000}').toString("base64url")}.c2ln`;
    expect((await ask({ access_token: jwt, token_type: "bearer" })).expiresAt).toEqual(new Date(2_000_000));
  });

  it.each([0, -1, 1e12, 1e300, "", "abc", "-1", "1e3", "0", null, true, [3600], {}])(
    "T15 refuses expires_in %j",
    async (expires_in) => {
      expect((await refused({ ...good, expires_in })).message).toMatch(/expires_in/);
    },
  );

  it.each([
    `<html>${secret}</html>`,
    "",
    "null",
    "[]",
    "3",
    '"abc"',
    '{"access_token": "abc", "token_type": "bearer", "expires_in": NaN}',
    '{"access_token": "abc", "tok',
  ])("T15 refuses the answer %j", async (text) => {
    expect((await refused(text)).message).toMatch(/JSON object/);
  });

  it.each([undefined, null, 7, "", " ", `${secret}\r\nX: y`, "Bearer abc", ["abc"]])(
    "T15 refuses access_token %j",
    async (access_token) => {
      expect((await refused({ ...good, access_token })).message).toMatch(/access_token/);
    },
  );

  it.each([undefined, "mac", "DPoP", 1, null])("T15 refuses token_type %j", async (token_type) => {
    expect((await refused({ ...good, token_type })).message).toMatch(/token_type/);
  });

  it("T16 refuses a redirect", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      expect((await refused("", status, { location: "http://127.0.0.1:1/" })).message).toMatch(/redirects/);
    }
  });

  it("T19 names the error code of RFC 6749, and nothing else the endpoint says", async () => {
    for (const status of [400, 401]) {
      const error = await refused({ error: "invalid_client", error_description: secret }, status);
      expect(error.message).toMatch(new RegExp(`HTTP ${status}: invalid_client$`));
      expect(error.hint).toMatch(/client id and secret/);
    }
    for (const code of [secret, `x\n${secret}`, { a: 1 }, "constructor", "__proto__"])
      await refused({ error: code }, 400);
  });

  it("T20 says that an overloaded endpoint may recover", async () => {
    for (const status of [429, 500, 503]) expect((await refused("", status)).hint).toMatch(/again later/);
  });
});
