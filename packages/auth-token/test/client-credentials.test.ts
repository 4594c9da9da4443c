import { inspect } from "node:util";
import { AuthError } from "@mlflow-kit/core";
import { authorizationServer } from "@mlflow-kit/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ClientCredentials, token } from "../src/index.ts";
import { credentialOf, headersOf, jwt, testContext } from "./context.ts";
import { fakeEndpoint, type Handler } from "./oauth-server.ts";

const secret = "SENTINEL%:+ /&=";
const encoded = /SENTINEL|U0VOVElORUw/;

async function authorization(options: ClientCredentials): Promise<string> {
  const context = testContext();
  const auth = await token(options).resolve(context);
  return (await headersOf(await credentialOf(auth, context))).authorization!;
}

async function refused(options: ClientCredentials): Promise<AuthError> {
  const error = await authorization(options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(AuthError);
  expect((error as Error).message).toMatch(/^token: /);
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(encoded);
  return error as AuthError;
}

describe("with oidc-provider", () => {
  let server: Awaited<ReturnType<typeof authorizationServer>>;
  beforeAll(async () => {
    server = await authorizationServer(secret);
  });
  afterAll(() => server.close());

  const get = async (options: Partial<ClientCredentials>) =>
    (await authorization({ clientId: "basic:client", clientSecret: secret, issuer: server.url, ...options })).slice(7);

  it("T18 discovers the endpoint, and encodes id and secret as a form before Basic", async () => {
    expect(await server.find(await get({}))).toBe(true);
  });

  it("T18 sends id and secret in the form when told to", async () => {
    const value = await get({ clientId: "post-client", clientAuthentication: "post", scope: "mlflow" });
    expect(await server.find(value)).toBe(true);
  });

  it("takes the address of the endpoint, and asks nothing else", async () => {
    const before = server.asked();
    expect(await server.find(await get({ issuer: undefined, tokenUrl: new URL(`${server.url}/token`) }))).toBe(true);
    expect(server.asked()).toBe(before + 1);
  });

  it("says when a token of two seconds ends, and gets another one", async () => {
    const context = testContext();
    const auth = await token({ clientId: "basic:client", clientSecret: secret, issuer: server.url }).resolve(context);
    expect(auth?.source).toBe(`OAuth client credentials from ${server.url}/`);
    const first = await credentialOf(auth, context);
    const left = first.expiresAt!.getTime() - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(2_000);
    expect(await headersOf(await credentialOf(auth, context))).not.toEqual(await headersOf(first));
  });

  it("T19 is refused once, with a hint, when the secret or the scope is wrong", async () => {
    const before = server.asked();
    const options = { clientId: "basic:client", issuer: server.url };
    expect(await refused({ ...options, clientSecret: `${secret}x` })).toMatchObject({
      code: "ERR_AUTH_LOAD",
      message: expect.stringMatching(/HTTP 40[01]: invalid_client$/),
      hint: expect.stringMatching(/client id and secret/),
    });
    expect((await refused({ ...options, clientSecret: secret, scope: "admin" })).message).toMatch(/invalid_scope$/);
    expect(server.asked()).toBe(before + 2);
  });
});

describe("with a made-up endpoint", () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(() => Promise.all(closers.splice(0).map((close) => close())));
  async function endpoint(handler: Handler): Promise<string> {
    const server = await fakeEndpoint(handler);
    closers.push(server.close);
    return server.url;
  }
  const json =
    (value: unknown): Handler =>
    (_, response) =>
      void response.end(JSON.stringify(value));
  const client = { clientId: "me", clientSecret: secret };

  it("sends scope, audience and resource", async () => {
    let form = "";
    const url = await endpoint((request, response) => {
      form = request.text;
      json({ access_token: "abc", token_type: "bearer" })(request, response);
    });
    await authorization({ ...client, tokenUrl: url, scope: "a b", audience: "api://x", resource: "urn:r" });
    expect(form).toBe("grant_type=client_credentials&scope=a+b&audience=api%3A%2F%2Fx&resource=urn%3Ar");
  });

  it("takes the exp of a JWT when there is no expires_in", async () => {
    const url = await endpoint(json({ access_token: jwt({ exp: 2_000_000_000 }), token_type: "bearer" }));
    const context = testContext();
    const auth = await token({ ...client, tokenUrl: url }).resolve(context);
    expect((await credentialOf(auth, context)).expiresAt).toEqual(new Date(2_000_000_000_000));
  });

  it.each([
    ["HTML", "<html>sign in</html>"],
    ["an array", "[]"],
    ["half of an object", '{"access_token": "SENTINEL'],
    ["no token", '{"token_type": "bearer"}'],
    ["a token with a line break", '{"access_token": "SENTINEL\\r\\nX: y", "token_type": "bearer"}'],
    ["token_type mac", '{"access_token": "SENTINEL", "token_type": "mac"}'],
    ["expires_in 0", '{"access_token": "SENTINEL", "token_type": "bearer", "expires_in": 0}'],
    ["expires_in -1", '{"access_token": "SENTINEL", "token_type": "bearer", "expires_in": -1}'],
    ["expires_in 1e12", '{"access_token": "SENTINEL", "token_type": "bearer", "expires_in": 1e12}'],
    ["expires_in NaN", '{"access_token": "SENTINEL", "token_type": "bearer", "expires_in": NaN}'],
  ])("T15 refuses %s", async (_, body) => {
    const tokenUrl = await endpoint((_, response) => void response.end(body));
    expect(await refused({ ...client, tokenUrl })).toMatchObject({ code: "ERR_AUTH_LOAD" });
  });

  it("T16 follows no redirect, neither with the secret nor to the metadata", async () => {
    let reached = 0;
    const other = await endpoint((request, response) => {
      reached++;
      json({ access_token: "abc", token_type: "bearer" })(request, response);
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await endpoint((_, response) => void response.writeHead(status, { location: other }).end());
      expect((await refused({ ...client, tokenUrl: url })).message).toMatch(/redirects/);
      expect(await refused({ ...client, issuer: url })).toMatchObject({ code: "ERR_AUTH_LOAD" });
    }
    expect(reached).toBe(0);
  });

  it("T20 says that an overloaded endpoint may recover", async () => {
    for (const status of [429, 503]) {
      const tokenUrl = await endpoint((_, response) => void response.writeHead(status, { "retry-after": "1" }).end());
      expect((await refused({ ...client, tokenUrl })).hint).toMatch(/again later/);
    }
  });

  it("finds the metadata of RFC 8414, below a path too", async () => {
    let places: string[] = [];
    const url = await endpoint((request, response) => {
      places.push(request.url!);
      if (request.method === "POST") return json({ access_token: "abc", token_type: "bearer" })(request, response);
      if (!request.url!.startsWith("/.well-known/oauth-authorization-server"))
        return void response.writeHead(404).end();
      const issuer = url + request.url!.slice("/.well-known/oauth-authorization-server".length);
      json({ issuer, token_endpoint: `${url}/t` })(request, response);
    });
    expect(await authorization({ ...client, issuer: `${url}/tenant` })).toBe("Bearer abc");
    expect(places).toEqual([
      "/tenant/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server/tenant",
      "/t",
    ]);
    places = [];
    expect(await authorization({ ...client, issuer: url })).toBe("Bearer abc");
    expect(places).toEqual(["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/t"]);
  });

  it("discovers once, and again after a failure", async () => {
    let up = false;
    const places: string[] = [];
    const url = await endpoint((request, response) => {
      places.push(request.url!);
      if (!up) return void response.writeHead(500).end();
      json({ issuer: url, token_endpoint: `${url}/t`, access_token: "abc", token_type: "bearer" })(request, response);
    });
    const context = testContext();
    const auth = await token({ ...client, issuer: url }).resolve(context);
    await expect(credentialOf(auth, context)).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    up = true;
    await credentialOf(auth, context);
    await credentialOf(auth, context);
    const metadata = "/.well-known/openid-configuration";
    expect(places).toEqual([metadata, metadata, "/t", "/t"]);
  });

  it.each([
    ["another issuer", (url: string) => ({ issuer: `${url}/evil`, token_endpoint: `${url}/t` })],
    ["no issuer", (url: string) => ({ token_endpoint: `${url}/t` })],
    ["no endpoint", (url: string) => ({ issuer: url })],
    ["an endpoint that is no URL", (url: string) => ({ issuer: url, token_endpoint: "/t" })],
    ["an endpoint of another scheme", (url: string) => ({ issuer: url, token_endpoint: "file:///etc/passwd" })],
    ["an endpoint with userinfo", (url: string) => ({ issuer: url, token_endpoint: "https://SENTINEL@h/" })],
    ["an array", () => []],
    ["null", () => null],
  ])("refuses metadata with %s", async (_, metadata) => {
    const url: string = await endpoint((request, response) => json(metadata(url))(request, response));
    expect(await refused({ ...client, issuer: url })).toMatchObject({ code: "ERR_AUTH_LOAD" });
  });
});

describe("options", () => {
  const whole = { clientId: "me", clientSecret: secret, tokenUrl: "https://idp.example.com/token?SENTINEL" };

  it("names what is missing", async () => {
    for (const name of ["clientId", "clientSecret", "tokenUrl"] as const) {
      const error = await refused({ ...whole, [name]: undefined });
      expect(error.code).toBe("ERR_AUTH_INCOMPLETE");
      expect(error.message).toContain(name);
    }
  });

  it("refuses what does not fit", async () => {
    const code = async (options: object) => (await refused({ ...whole, ...options })).code;
    expect(await code({ issuer: "https://idp.example.com" })).toBe("ERR_AUTH_CONFLICT");
    expect(await code({ clientAuthentication: "jwt" })).toBe("ERR_OPTION");
    for (const value of ["", 7, null, `${secret}\ud800`]) {
      expect(await code({ clientId: value })).toBe("ERR_AUTH_INVALID");
      expect(await code({ clientSecret: value })).toBe("ERR_AUTH_INVALID");
      expect(await code({ scope: value })).toBe("ERR_AUTH_INVALID");
    }
    for (const tokenUrl of [
      "SENTINEL",
      "ftp://h/",
      "https://SENTINEL@h/",
      "https://u:SENTINEL@h:bad/",
      "https://h/#SENTINEL",
    ]) {
      expect(await code({ tokenUrl })).toBe("ERR_OPTION");
    }
  });

  it("shows neither secret nor query in its source", async () => {
    const auth = await token(whole).resolve(testContext());
    expect(auth?.source).toBe("OAuth client credentials from https://idp.example.com/token");
  });
});
