import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import {
  type AuthProvider,
  type ClientOptions,
  createClient,
  HttpAuthError,
  type MlflowClient,
} from "@mlflow-kit/core";
import { afterEach, describe, expect, it } from "vitest";
import { basic } from "../src/index.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that lets one pair in and answers with its username; the pair can be changed. */
async function gate(pair: string) {
  const state = { pair, requests: 0 };
  const server = createServer((request, response) => {
    state.requests++;
    const given = Buffer.from(request.headers.authorization?.replace(/^Basic /, "") ?? "", "base64").toString();
    if (given === state.pair) return void response.end(JSON.stringify({ user: given.split(":")[0] }));
    response.writeHead(401, { "www-authenticate": 'Basic realm="mlflow"' }).end("You are not authenticated.");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => server.close().closeAllConnections());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, { host, url: `http://${host}` });
}

function client(auth: AuthProvider | undefined, options: ClientOptions): MlflowClient & { readonly said: string[] } {
  const said: string[] = [];
  const log = {
    debug: (message: string) => void said.push(message),
    warn: (message: string) => void said.push(message),
  };
  const made = createClient({ auth, env: {}, homeDir: "/nonexistent", log, retry: false, ...options });
  closers.push(() => made.close());
  return Object.assign(made, { said });
}

const call = (made: MlflowClient) => made.request("GET mlflow/whoami");

describe("basic() in a client", () => {
  it("sends the environment's pair", async () => {
    const { url } = await gate("me:p%:ä");
    const env = { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_USERNAME: "me", MLFLOW_TRACKING_PASSWORD: "p%:ä" };
    expect(await call(client(basic(), { env }))).toEqual({ user: "me" });
  });

  it("U01 sends the userinfo of the tracking URI, and shows it nowhere", async () => {
    const { host } = await gate("me:SENTINEL@");
    const made = client(basic(), { trackingUri: `http://me:SENTINEL%40@${host}` });
    expect(await call(made)).toEqual({ user: "me" });
    const shown = inspect([made, await made.explain(), made.said], { depth: 9, showHidden: true });
    expect(shown).toMatch(/holds a username and password/);
    expect(shown).not.toMatch(/SENTINEL/);
  });

  it("T10 asks once when a static password is refused", async () => {
    const server = await gate("me:right");
    const error = await call(
      client(basic({ username: "me", password: "SENTINEL" }), { trackingUri: server.url }),
    ).catch((e) => e);
    expect(error).toBeInstanceOf(HttpAuthError);
    expect(error).toMatchObject({ code: "ERR_HTTP_UNAUTHENTICATED", status: 401 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/SENTINEL|U0VOVElORUw/);
    expect(server.requests).toBe(1);
  });

  it("T06 T09 asks for the password again after a 401: once, for any number of calls", async () => {
    const server = await gate("me:one");
    let password = "one";
    let asked = 0;
    const ask = async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return password;
    };
    const made = client(basic({ username: "me", password: ask }), { trackingUri: server.url });
    await Promise.all(Array.from({ length: 10 }, () => call(made)));
    expect([asked, server.requests]).toEqual([1, 10]);
    server.pair = "me:two";
    password = "two";
    await Promise.all(Array.from({ length: 10 }, () => call(made)));
    expect([asked, server.requests]).toEqual([2, 30]);
    await call(made);
    expect([asked, server.requests]).toEqual([2, 31]);
  });

  it("T07 gives up when the password that it asks for again is the same", async () => {
    const server = await gate("me:one");
    let asked = 0;
    const password = () => {
      asked++;
      return "wrong";
    };
    const made = client(basic({ username: "me", password }), { trackingUri: server.url });
    await expect(call(made)).rejects.toMatchObject({ code: "ERR_HTTP_UNAUTHENTICATED" });
    expect([asked, server.requests]).toEqual([2, 1]);
  });

  it("I11 stops before anything is sent when half of the pair is missing", async () => {
    const server = await gate("me:one");
    const made = client(basic(), { trackingUri: server.url, env: { MLFLOW_TRACKING_USERNAME: "me" } });
    await expect(call(made)).rejects.toMatchObject({ code: "ERR_AUTH_INCOMPLETE" });
    expect(server.requests).toBe(0);
  });

  it("says why it was not chosen", async () => {
    const made = client(basic(), { trackingUri: "http://127.0.0.1:1" });
    await expect(call(made)).rejects.toMatchObject({
      code: "ERR_AUTH_UNAVAILABLE",
      message: expect.stringContaining("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are not set"),
    });
  });

  it("U15 mixes up no users of two clients", async () => {
    const [first, second] = [await gate("anna:one"), await gate("bert:two")];
    const anna = client(basic({ username: "anna", password: "one" }), { trackingUri: first.url });
    const bert = client(basic({ username: "bert", password: () => "two" }), { trackingUri: second.url });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => call(index % 2 ? bert : anna)));
    expect(answers.every((answer, index) => (answer as { user: string }).user === (index % 2 ? "bert" : "anna"))).toBe(
      true,
    );
  });
});
