import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { type AuthProvider, type ClientOptions, combine, createClient, gatewayHeaders } from "@mlflow-kit/core";
import { requestToken } from "@mlflow-kit/core/provider";
import { createAuthority } from "@mlflow-kit/testing";
import { afterEach, describe, expect, it } from "vitest";
import { mtls } from "../src/index.ts";
import { authority, failure, folder } from "./files.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const server = authority.issue({ name: "server" });
const ada = authority.issue({ name: "ada" });
const bob = authority.issue({ name: "bob" });
const trust = { ca: authority.cert };
const day = 86_400_000;

interface Seen {
  readonly client: string | undefined;
  readonly authorization: string | undefined;
  readonly path: string | undefined;
}

/** An https server that asks for a certificate, insists on it unless told otherwise, and keeps what it saw. */
async function gate(
  options: ServerOptions & { answer?: (path: string) => [number, Record<string, string>, string] } = {},
) {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const { answer, ...tls } = options;
  const listening = createServer({ ...server, ca: authority.cert, requestCert: true, ...tls }, (request, response) => {
    const client = (request.socket as TLSSocket).getPeerCertificate()?.subject?.CN;
    const one = { client, authorization: request.headers.authorization, path: request.url };
    seen.push(one);
    request.resume();
    const [status, headers, text] = answer?.(request.url ?? "") ?? [200, {}, JSON.stringify(one)];
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
  });
  listening.on("connection", (socket: Socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)));
  });
  listening.on("tlsClientError", () => {});
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  closers.push(() => {
    drop();
    return new Promise((resolve) => listening.close(resolve));
  });
  return { url: `https://127.0.0.1:${(listening.address() as AddressInfo).port}`, seen, drop };
}

function client(options: ClientOptions) {
  const said: string[] = [];
  const log = { debug: () => {}, warn: (message: string) => void said.push(message) };
  const made = createClient({ env: {}, homeDir: "/nonexistent", log, tls: trust, retry: false, ...options });
  closers.push(() => made.close());
  return Object.assign(made, { said, call: () => made.request("GET mlflow/whoami") as Promise<Seen> });
}

function bearer(): AuthProvider {
  const authorize = (request: { headers: Record<string, string> }) => {
    request.headers.authorization = "Bearer abc-def-ghi";
  };
  return { name: "bearer", resolve: () => ({ source: "the test", authorize }) };
}

/** A token from an endpoint. */
function fetched(url: string): AuthProvider {
  return {
    name: "fetched",
    resolve: () => ({
      source: "the test",
      async load(context) {
        const { token } = await requestToken(context, {
          owner: "fetched",
          url: new URL(url),
          form: { grant_type: "x" },
        });
        return {
          authorize: ({ headers }) => {
            headers.authorization = `Bearer ${token}`;
          },
        };
      },
    }),
  };
}

describe("mtls() in a client", () => {
  it("presents the certificate of the variables", async () => {
    const files = folder({ both: ada.key + ada.cert });
    const { url } = await gate();
    const env = { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_CLIENT_CERT_PATH: files.path("both") };
    const made = client({ auth: mtls(), env });
    expect(await made.call()).toMatchObject({ client: "ada" });
    const report = await made.explain();
    expect(report.providers).toEqual([
      expect.objectContaining({ name: "mtls", outcome: "selected", source: "MLFLOW_TRACKING_CLIENT_CERT_PATH" }),
    ]);
    expect(inspect([made, report], { depth: 9, showHidden: true })).not.toContain(ada.key.split("\n")[1]);
    expect((await made.endpoint()).tls?.cert).toBe(ada.cert);
  });

  it("combines with a token: both are sent", async () => {
    const { url } = await gate();
    const made = client({ trackingUri: url, auth: combine(mtls(ada), bearer()) });
    expect(await made.call()).toMatchObject({ client: "ada", authorization: "Bearer abc-def-ghi" });
  });

  it("U15 two clients with two certificates never share a connection", async () => {
    const { url, seen } = await gate();
    const made = [client({ trackingUri: url, auth: mtls(ada) }), client({ trackingUri: url, auth: mtls(bob) })];
    const names = ["ada", "bob"];
    const right = await Promise.all(
      Array.from({ length: 1_000 }, async (_, n) => (await made[n % 2]?.call())?.client === names[n % 2]),
    );
    expect(right).not.toContain(false);
    expect(seen).toHaveLength(1_000);
  });

  it("M07 a broken certificate stops the call before anything is sent, and a mended one is used", async () => {
    const old = authority.issue({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
    const files = folder({ cert: old.cert, key: old.key });
    const { url, seen } = await gate();
    const made = client({ trackingUri: url, auth: mtls({ cert: files.path("cert"), key: files.path("key") }) });
    await expect(made.call()).rejects.toMatchObject({ name: "AuthError", code: "ERR_AUTH_TLS" });
    expect(seen).toHaveLength(0);
    files.write("cert", ada.cert);
    files.write("key", ada.key);
    expect(await made.call()).toMatchObject({ client: "ada" });
  });

  it("M14 a pair that is swapped is used for new connections; a torn one is not", async () => {
    const files = folder({ cert: ada.cert, key: ada.key });
    const { url, drop } = await gate();
    const made = client({
      trackingUri: url,
      auth: mtls({ cert: files.path("cert"), key: files.path("key") }),
      retry: {},
    });
    expect(await made.call()).toMatchObject({ client: "ada" });
    files.write("cert", bob.cert);
    drop();
    expect(await made.call()).toMatchObject({ client: "ada" });
    expect(made.said).toEqual([expect.stringContaining("does not belong to the certificate")]);
    files.write("key", bob.key);
    drop();
    expect(await made.call()).toMatchObject({ client: "bob" });
  });

  it("M15 the option servername is asked for and verified", async () => {
    const inner = authority.issue({ hosts: ["inner.test"] });
    const { url } = await gate(inner);
    await expect(client({ trackingUri: url, auth: mtls(ada) }).call()).rejects.toMatchObject({ code: "ERR_TLS" });
    const made = client({ trackingUri: url, auth: mtls({ ...ada, servername: "inner.test" }) });
    expect(await made.call()).toMatchObject({ client: "ada" });
  });
});

describe("M17 where the certificate does not go", () => {
  const optional = { rejectUnauthorized: false };

  it("M17 not to the target of a redirect, nor with fetch to another origin", async () => {
    const elsewhere = await gate(optional);
    const { url } = await gate({ answer: () => [302, { location: `${elsewhere.url}/there` }, ""] });
    const made = client({ trackingUri: url, auth: combine(mtls(ada), bearer()) });
    expect(await made.call()).toEqual({ path: "/there" });
    const answer = await made.fetch(`${elsewhere.url}/other`, { credentials: "omit" });
    expect(await answer.json()).toEqual({ path: "/other" });
    await expect(made.fetch(`${elsewhere.url}/x`)).rejects.toMatchObject({ code: "ERR_AUTH_ORIGIN" });
    expect(elsewhere.seen.map((one) => one.client)).toEqual([undefined, undefined]);
  });

  it("M17 not to an https proxy, but through it", async () => {
    const { url } = await gate();
    const proxySaw: unknown[] = [];
    const proxy = createServer({ ...server, ca: authority.cert, requestCert: true, ...optional });
    proxy.on("connect", (request, socket: TLSSocket) => {
      proxySaw.push(socket.getPeerCertificate());
      const [host, port] = (request.url ?? "").split(":");
      const upstream = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    closers.push(() => proxy.close());
    const env = { HTTPS_PROXY: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    expect(await client({ trackingUri: url, auth: mtls(ada), env }).call()).toMatchObject({ client: "ada" });
    expect(proxySaw).toEqual([{}]);
  });

  it("M17 to a token endpoint only when asked for", async () => {
    const endpoint = await gate({
      ...optional,
      answer: () => [200, {}, '{"access_token":"fresh-token","token_type":"Bearer","expires_in":3600}'],
    });
    const { url, seen } = await gate();
    for (const tokenEndpointCertificate of [false, true]) {
      const auth = combine(mtls({ ...ada, tokenEndpointCertificate }), fetched(`${endpoint.url}/token`));
      await client({ trackingUri: url, auth }).call();
    }
    expect(endpoint.seen.map((one) => one.client)).toEqual([undefined, "ada"]);
    expect(seen).toEqual(
      Array(2).fill(expect.objectContaining({ client: "ada", authorization: "Bearer fresh-token" })),
    );
  });

  it("M15 the name of the tracking server is not asked of the token endpoint", async () => {
    const endpoint = await gate({ answer: () => [200, {}, '{"access_token":"fresh-token","token_type":"Bearer"}'] });
    const { url } = await gate(authority.issue({ hosts: ["inner.test"] }));
    const identity = mtls({ ...ada, servername: "inner.test", tokenEndpointCertificate: true });
    const made = client({ trackingUri: url, auth: combine(identity, fetched(`${endpoint.url}/token`)) });
    expect(await made.call()).toMatchObject({ client: "ada", authorization: "Bearer fresh-token" });
    expect(endpoint.seen).toMatchObject([{ client: "ada" }]);
  });

  it("M17 not to a registry of plain http", async () => {
    const { url } = await gate();
    const plain = createHttpServer((_, response) => void response.end("{}"));
    plain.listen(0, "127.0.0.1");
    await once(plain, "listening");
    closers.push(() => plain.close());
    const registryUri = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const made = client({ trackingUri: url, registryUri, auth: combine(mtls(ada), gatewayHeaders({ "x-key": "k" })) });
    await made.request("GET mlflow/registered-models/get", { name: "m" });
    expect(await made.call()).toMatchObject({ client: "ada" });
  });
});

describe("diagnosis", () => {
  const stranger = createAuthority("Stranger");
  const late = authority.issue({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
  /** So that a certificate of yesterday passes our own check: the machine's clock is behind. */
  const behind = () => Date.now() - 1.5 * day;

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const only = { minVersion: version, maxVersion: version };
    it(`M08 M09 ${version}: no certificate, a stranger's, an expired one: one error class, sent once`, async () => {
      const target = await gate(only);
      const errors = await Promise.all([
        failure(client({ trackingUri: target.url }).call()),
        failure(client({ trackingUri: target.url, auth: mtls(stranger.issue()) }).call()),
        failure(client({ trackingUri: target.url, auth: mtls(late), now: behind }).call()),
      ]);
      for (const error of errors) {
        expect(error).toMatchObject({ name: "HttpAuthError", code: "ERR_HTTP_CLIENT_CERTIFICATE" });
        expect(error.message).toContain("the server requires a client certificate");
        expect(error.hint).toContain("MLFLOW_TRACKING_CLIENT_CERT_PATH");
        expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/BEGIN|http:\/\//);
      }
      expect(target.seen).toEqual([]);
    });
  }
});
