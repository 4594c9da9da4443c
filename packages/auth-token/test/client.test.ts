import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { type AuthProvider, type ClientOptions, createClient, type MlflowClient } from "@mlflow-kit/core";
import { authorizationServer } from "@mlflow-kit/testing";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { token } from "../src/index.ts";
import { jwt } from "./context.ts";
import { fakeEndpoint } from "./oauth-server.ts";

const folder = mkdtempSync(join(tmpdir(), "token-client-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that asks `accepts` about each bearer token. */
async function gate(accepts: (token: string) => boolean | Promise<boolean>) {
  const state = { requests: 0, headers: {} as Record<string, unknown> };
  const { url, close } = await fakeEndpoint(async (request, response) => {
    state.requests++;
    state.headers = request.headers;
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (given !== undefined && (await accepts(given))) return void response.end(JSON.stringify({ token: given }));
    response.writeHead(401).end();
  });
  closers.push(close);
  return Object.assign(state, { url });
}

function client(auth: AuthProvider, options: ClientOptions): MlflowClient & { readonly warned: string[] } {
  const warned: string[] = [];
  const log = { debug: () => {}, warn: (message: string) => void warned.push(message) };
  const made = createClient({ auth, env: {}, homeDir: "/nonexistent", log, retry: false, ...options });
  closers.push(() => made.close());
  return Object.assign(made, { warned });
}

const call = async (made: MlflowClient) => (await made.request("GET mlflow/whoami")) as { token: string };
const all = (made: MlflowClient, length: number) => Promise.all(Array.from({ length }, () => call(made)));

describe("a token file in a client", () => {
  it("T23 is read again in the background after a minute, and never per call", async () => {
    const file = join(folder, "rotating");
    writeFileSync(file, "one", { mode: 0o600 });
    const server = await gate(() => true);
    let time = Date.now();
    const made = client(token({ file }), { trackingUri: server.url, now: () => time });
    expect(await call(made)).toEqual({ token: "one" });
    writeFileSync(file, "two");
    time += 59_000;
    expect(await call(made)).toEqual({ token: "one" });
    time += 2_000;
    expect(await call(made)).toEqual({ token: "one" });
    await delay(300);
    expect(await call(made)).toEqual({ token: "two" });

    writeFileSync(file, "");
    time += 61_000;
    await call(made);
    await delay(500);
    expect(await call(made)).toEqual({ token: "two" });
    expect(made.warned).toContainEqual(expect.stringMatching(/is empty; the token that was read before stays in use/));
  });

  it("T06 T09 is read again after a 401, once for any number of calls", async () => {
    const file = join(folder, "revoked");
    writeFileSync(file, "one", { mode: 0o600 });
    let good = "one";
    const server = await gate((given) => given === good);
    const made = client(token({ file }), { trackingUri: server.url });
    await all(made, 10);
    expect(server.requests).toBe(10);
    good = "two";
    writeFileSync(file, "two");
    expect(await all(made, 10)).toEqual(Array(10).fill({ token: "two" }));
    expect(server.requests).toBe(30);
    good = "three";
    await expect(call(made)).rejects.toMatchObject({ code: "ERR_HTTP_UNAUTHENTICATED" });
    expect(server.requests).toBe(31);
  });
});

describe("OAuth client credentials in a client", () => {
  const secret = "SENTINEL%:+ /&=";

  it("T01 T02 go on over the end of two-second tokens, with few questions and no refusal", async () => {
    const server = await authorizationServer(secret);
    closers.push(server.close);
    let refusals = 0;
    const mlflow = await gate(async (given) => {
      const known = await server.find(given);
      if (!known) refusals++;
      return known;
    });
    const auth = token({ clientId: "basic:client", clientSecret: secret, issuer: server.url });
    const made = client(auth, { trackingUri: mlflow.url });
    await all(made, 100);
    expect(server.asked()).toBe(1);
    const used = new Set<string>();
    for (const end = Date.now() + 5_000; Date.now() < end; await delay(50)) used.add((await call(made)).token);
    expect(used.size).toBeGreaterThanOrEqual(3);
    expect(server.asked()).toBeLessThanOrEqual(8);
    expect(refusals).toBe(0);
  });

  it("T19 fail once and typed when the secret is wrong, and show no secret", async () => {
    const server = await authorizationServer(secret);
    closers.push(server.close);
    const mlflow = await gate(() => true);
    const auth = token({ clientId: "basic:client", clientSecret: "SENTINEL-wrong", issuer: server.url });
    const made = client(auth, { trackingUri: mlflow.url });
    const errors = await Promise.all(Array.from({ length: 10 }, () => call(made).catch((e: unknown) => e)));
    for (const error of errors)
      expect(error).toMatchObject({ code: "ERR_AUTH_LOAD", message: expect.stringMatching(/invalid_client$/) });
    expect(inspect([errors, await made.explain(), made], { depth: 9, showHidden: true })).not.toMatch(
      /SENTINEL|U0VOVElORUw/,
    );
    expect([server.asked(), mlflow.requests]).toEqual([1, 0]);
  });

  const options = { clientId: "me", clientSecret: "s" };

  it("T20 wait for an overloaded endpoint, as long as it says, in one flight", async () => {
    let asked = 0;
    const endpoint = await fakeEndpoint((_, response) => {
      if (++asked === 1) return void response.writeHead(503, { "retry-after": "1" }).end();
      response.end('{"access_token": "abc", "token_type": "bearer", "expires_in": 60}');
    });
    closers.push(endpoint.close);
    const mlflow = await gate(() => true);
    const made = client(token({ ...options, tokenUrl: endpoint.url }), { trackingUri: mlflow.url });
    const before = performance.now();
    await all(made, 5);
    expect(performance.now() - before).toBeGreaterThan(900);
    expect(asked).toBe(2);
  });

  it("T17 send no secret over plain http, except to loopback", async () => {
    const mlflow = await gate(() => true);
    for (const place of [{ tokenUrl: "http://idp.example.com/token" }, { issuer: "http://idp.example.com" }]) {
      const made = client(token({ ...options, ...place }), { trackingUri: mlflow.url });
      await expect(call(made)).rejects.toMatchObject({
        code: "ERR_AUTH_LOAD",
        message: expect.stringMatching(/not https/),
      });
    }
    expect(mlflow.requests).toBe(0);
  });

  it("T16 T17 follow no metadata to plain http", async () => {
    const endpoint = await fakeEndpoint((_, response) => {
      response.end(JSON.stringify({ issuer: endpoint.url, token_endpoint: "http://idp.example.com/token" }));
    });
    closers.push(endpoint.close);
    const made = client(token({ ...options, issuer: endpoint.url }), { trackingUri: (await gate(() => true)).url });
    await expect(call(made)).rejects.toMatchObject({
      code: "ERR_AUTH_LOAD",
      message: expect.stringMatching(/not https/),
    });
  });

  it("T05 T15 stop at a token that had expired when it came, without a loop", async () => {
    let asked = 0;
    const endpoint = await fakeEndpoint((_, response) => {
      asked++;
      response.end(JSON.stringify({ access_token: jwt({ exp: 1_000 }), token_type: "bearer" }));
    });
    closers.push(endpoint.close);
    const made = client(token({ ...options, tokenUrl: endpoint.url }), { trackingUri: (await gate(() => true)).url });
    await expect(call(made)).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(asked).toBe(1);
  });

  it("T07 ask for one more token when a fresh one is refused, and then give up", async () => {
    let asked = 0;
    const endpoint = await fakeEndpoint((_, response) => {
      response.end(JSON.stringify({ access_token: `t${++asked}`, token_type: "bearer", expires_in: 3600 }));
    });
    closers.push(endpoint.close);
    const mlflow = await gate(() => false);
    const made = client(token({ ...options, tokenUrl: endpoint.url }), { trackingUri: mlflow.url });
    await expect(call(made)).rejects.toMatchObject({ code: "ERR_HTTP_UNAUTHENTICATED" });
    expect([asked, mlflow.requests]).toEqual([2, 2]);
  });
});

describe("a token function in a client", () => {
  it("T26 ends with the call when it never settles", async () => {
    const made = client(
      token(() => new Promise<string>(() => {})),
      { trackingUri: (await gate(() => true)).url, deadlineMs: 300 },
    );
    await expect(call(made)).rejects.toMatchObject({ name: "TimeoutError", code: "ERR_TIMEOUT" });
  });

  it("T27 is stopped when it uses the client that it serves", async () => {
    const mlflow = await gate(() => true);
    const made: MlflowClient = client(
      token(async () => (await call(made)).token),
      { trackingUri: mlflow.url },
    );
    await expect(call(made)).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(mlflow.requests).toBe(0);
  });
});

describe("MLFLOW_TRACKING_AUTH=kubernetes-namespaced in a client", () => {
  const env = { MLFLOW_TRACKING_AUTH: "kubernetes-namespaced" };
  const serviceAccountDir = join(folder, "serviceaccount");
  mkdirSync(serviceAccountDir);
  writeFileSync(join(serviceAccountDir, "token"), "pod-token");
  writeFileSync(join(serviceAccountDir, "namespace"), "team-a");

  it("sends token and namespace, and gives way to a workspace that is set", async () => {
    const mlflow = await gate((given) => given === "pod-token");
    const workspaceOf = async (options: ClientOptions) => {
      await call(client(token({ serviceAccountDir }), { trackingUri: mlflow.url, env, ...options }));
      return mlflow.headers["x-mlflow-workspace"];
    };
    expect(await workspaceOf({})).toBe("team-a");
    expect(await workspaceOf({ workspace: "mine" })).toBe("mine");
    expect(await workspaceOf({ env: { ...env, MLFLOW_WORKSPACE: "theirs" } })).toBe("theirs");
  });
});
