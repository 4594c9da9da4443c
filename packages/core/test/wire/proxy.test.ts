import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../../../testing/src/index.ts";
import { bypasses, proxyFor } from "../../src/wire/proxy.ts";
import { eventually, failure, later, listen, sleep, wire } from "./helpers.ts";

const authority = createAuthority();

describe("U16 which proxy", () => {
  const pick = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.url.origin;

  test("U16 by scheme; lower case before upper case; an empty value is unset", () => {
    const env = { http_proxy: "http://a:1", HTTP_PROXY: "http://b:2", HTTPS_PROXY: "http://c:3", https_proxy: "" };
    expect(pick("http://x.test/", env)).toBe("http://a:1");
    expect(pick("https://x.test/", env)).toBe("http://c:3");
    expect(pick("https://x.test/", { HTTP_PROXY: "http://b:2" })).toBeUndefined();
    expect(pick("http://x.test/", { HTTPS_PROXY: "http://b:2" })).toBeUndefined();
    expect(pick("http://x.test/", {})).toBeUndefined();
  });

  test("U16 a value without a scheme is an http proxy; other schemes are errors that do not show the value", () => {
    expect(pick("http://x.test/", { http_proxy: "proxy:3128" })).toBe("http://proxy:3128");
    expect(pick("http://x.test/", { http_proxy: "https://proxy" })).toBe("https://proxy");
    for (const value of ["socks5://u:SENTINEL@p:1080", "http://u:SENTINEL@p:port", "http://"]) {
      expect(() => proxyFor(new URL("http://x.test/"), { http_proxy: value })).toThrow(/^http_proxy is /);
      try {
        proxyFor(new URL("http://x.test/"), { http_proxy: value });
      } catch (error) {
        expect(inspect(error, { showHidden: true })).not.toContain("SENTINEL");
      }
    }
  });

  test("U19 HTTP_PROXY of a CGI environment is a request header, and ignored", () => {
    const env = { REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil:1", HTTPS_PROXY: "http://b:2" };
    expect(pick("http://x.test/", env)).toBeUndefined();
    expect(pick("https://x.test/", env)).toBe("http://b:2");
    expect(pick("http://x.test/", { ...env, http_proxy: "http://a:1" })).toBe("http://a:1");
  });

  test("U17 userinfo becomes an authorization, never part of the address or of a printout", () => {
    const proxy = proxyFor(new URL("http://x.test/"), { http_proxy: "http://us%65r:p%40s%25%@proxy:1" })!;
    expect(proxy.url.href).toBe("http://proxy:1/");
    expect(proxy.authorization?.()).toBe(`Basic ${Buffer.from("user:p@s%%").toString("base64")}`);
    expect(inspect(proxy, { showHidden: true }) + JSON.stringify(proxy)).not.toMatch(/p@s|p%40s|Basic/);
  });

  test.each([
    ["http://a.test/", "*", true],
    ["http://a.test/", "b.test, a.test", true],
    ["http://a.test/", "b.test a.test", true],
    ["http://a.test/", "A.TEST", true],
    ["http://sub.a.test/", "a.test", true],
    ["http://sub.a.test/", ".a.test", true],
    ["http://a.test/", ".a.test", true],
    ["http://sub.a.test/", "*.a.test", true],
    ["http://ba.test/", "a.test", false],
    ["http://a.test.evil/", "a.test", false],
    ["http://a.test./", "a.test", true],
    ["http://a.test/", "a.test.", true],
    ["http://localhost./", "localhost", true],
    ["http://localhost.evil/", "localhost", false],
    ["http://a.test/", "a.test:80", true],
    ["https://a.test/", "a.test:443", true],
    ["http://a.test:8080/", "a.test:80", false],
    ["http://a.test:8080/", "a.test:8080", true],
    ["http://127.0.0.1/", "127.0.0.1", true],
    ["http://127.1/", "127.0.0.1", true],
    ["http://1127.0.0.1.test/", "127.0.0.1", false],
    ["http://[::1]/", "::1", true],
    ["http://[::1]/", "[::1]", true],
    ["http://[::1]:8080/", "[::1]:8080", true],
    ["http://[::1]:8081/", "[::1]:8080", false],
    ["http://[0:0:0:0:0:0:0:1]/", "::1", true],
    ["http://[::ffff:127.0.0.1]/", "127.0.0.1", true],
    ["http://127.0.0.1/", "::ffff:127.0.0.1", true],
    ["http://10.1.2.3/", "10.0.0.0/8", true],
    ["http://11.1.2.3/", "10.0.0.0/8", false],
    ["http://[::ffff:10.1.2.3]/", "10.0.0.0/8", true],
    ["http://[fd00::1]/", "fd00::/8", true],
    ["http://[fe00::1]/", "fd00::/8", false],
    ["http://[fd00::1]/", "[fd00::]/8", true],
    ["http://10.1.2.3/", "10.0.0.0/33", false],
    ["http://10.1.2.3/", "fd00::/8", false],
    ["http://a.test/", "10.0.0.0/8", false],
    ["http://a.test/", ",, ,", false],
    ["http://a.test/", ".", false],
    ["http://2.3/", "3", false],
  ])("U16 %s with NO_PROXY=%s: %s", (url, noProxy, expected) => {
    expect(bypasses(new URL(url), noProxy)).toBe(expected);
    const env = { http_proxy: "http://p:1", https_proxy: "http://p:1" };
    expect(proxyFor(new URL(url), { ...env, NO_PROXY: noProxy }) === undefined).toBe(expected);
    expect(proxyFor(new URL(url), { ...env, no_proxy: noProxy, NO_PROXY: "other.test" }) === undefined).toBe(expected);
  });

  test("no NO_PROXY makes it throw", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("a.test", "127.0.0.1", "[::1]"), (noProxy, host) => {
        bypasses(new URL(`http://${host}/`), noProxy);
      }),
    );
  });
});

/** A proxy that sends every tunnel to `port`, and keeps what it was asked. */
async function tunnelProxy(port: () => number, secured = false) {
  const asked: string[] = [];
  const onSocket = (socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      asked.push(data.toString("latin1"));
      const server = connect(port(), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\nx: y\r\n\r\n");
        socket.pipe(server).pipe(socket);
      });
      server.on("error", () => socket.destroy());
      socket.on("close", () => server.destroy());
      later(() => server.destroy());
    });
  };
  const server: Server = secured ? createTlsServer(authority.issue(), onSocket) : createServer(onSocket);
  return Object.assign(await listen(server), { asked });
}

describe("through a proxy", () => {
  for (const secured of [false, true]) {
    test(`U17 https goes by CONNECT through an ${secured ? "https" : "http"} proxy, which never sees the request`, async () => {
      const target = await listen(
        createHttpsServer(authority.issue({ hosts: ["target.test"] }), (request, response) => {
          response.end(JSON.stringify(request.headers));
        }),
      );
      const proxy = await tunnelProxy(() => target.port, secured);
      const { send } = wire({
        env: { HTTPS_PROXY: `${secured ? "https" : "http"}://user:p%40ss@localhost:${proxy.port}` },
        trust: { ca: authority.cert },
        identity: () => authority.issue(),
      });
      for (let n = 0; n < 3; n += 1) {
        const answer = await send({
          method: "GET",
          url: new URL("https://target.test/x?y"),
          headers: { authorization: "Bearer SENTINEL" },
        });
        expect(JSON.parse(await answer.body.text())).toEqual({
          host: "target.test",
          connection: "keep-alive",
          authorization: "Bearer SENTINEL",
        });
      }
      expect(proxy.asked).toEqual([
        `CONNECT target.test:443 HTTP/1.1\r\nhost: target.test:443\r\nproxy-authorization: Basic ${Buffer.from("user:p@ss").toString("base64")}\r\n\r\n`,
      ]);
    });
  }

  test("U16 a token endpoint of plain http is on this machine, and no proxy hears of it", async () => {
    const proxy = await listen(createHttpServer((_, response) => void response.end("proxy")));
    const endpoint = await listen(createHttpServer((_, response) => void response.end("endpoint")));
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    const url = new URL(`http://127.0.0.1:${endpoint.port}/token`);
    for (const [trustMode, answered] of [
      ["tracking", "proxy"],
      ["token-endpoint", "endpoint"],
    ] as const) {
      const answer = await wire({ env, trustMode }).send({ method: "GET", url, headers: {} });
      expect(await answer.body.text()).toBe(answered);
    }
  });

  test("U17 http goes in absolute form, with the proxy's authorization", async () => {
    const seen: unknown[] = [];
    const proxy = await listen(
      createHttpServer((request, response) => {
        seen.push([request.url, request.headers]);
        response.end("ok");
      }),
    );
    const { send } = wire({ env: { HTTP_PROXY: `http://user:pw@127.0.0.1:${proxy.port}` } });
    const headers = { "x-one": "1" };
    for (let n = 0; n < 2; n += 1) {
      const answer = await send({ method: "GET", url: new URL("http://target.test:81/a?b"), headers });
      expect(await answer.body.text()).toBe("ok");
    }
    expect(headers).toEqual({ "x-one": "1" });
    const expected = {
      host: "target.test:81",
      connection: "keep-alive",
      "x-one": "1",
      "proxy-authorization": `Basic ${Buffer.from("user:pw").toString("base64")}`,
    };
    expect(seen).toEqual([
      ["http://target.test:81/a?b", expected],
      ["http://target.test:81/a?b", expected],
    ]);
    expect(proxy.connections).toBe(1);
  });

  test("M17 a proxy that asks for a client certificate gets none", async () => {
    const target = await listen(
      createHttpsServer(authority.issue({ hosts: ["target.test"] }), (_, r) => void r.end("ok")),
    );
    let presented: unknown;
    const proxy = await listen(
      createTlsServer(
        { ...authority.issue(), ca: authority.cert, requestCert: true, rejectUnauthorized: false },
        (socket) => {
          presented = Object.keys(socket.getPeerCertificate());
          socket.once("data", () => {
            const server = connect(target.port, "127.0.0.1", () => {
              socket.write("HTTP/1.1 200 OK\r\n\r\n");
              socket.pipe(server).pipe(socket);
            });
          });
        },
      ),
    );
    const { get } = wire({
      env: { HTTPS_PROXY: `https://localhost:${proxy.port}` },
      trust: { ca: authority.cert },
      identity: () => authority.issue(),
    });
    expect(await (await get("https://target.test/")).body.text()).toBe("ok");
    expect(presented).toEqual([]);
  });

  const faults: Record<string, [(socket: Socket) => void, string, boolean]> = {
    "407": [
      (s) => s.end("HTTP/1.1 407 Proxy Authentication Required\r\nx: SENTINEL\r\n\r\n"),
      "it wants a user name and a password (HTTP 407)",
      false,
    ],
    "403": [(s) => s.end("HTTP/1.1 403 Forbidden\r\n\r\nSENTINEL"), "it refused to open a tunnel (HTTP 403)", false],
    "502": [(s) => s.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"), "it refused to open a tunnel (HTTP 502)", true],
    close: [(s) => s.end(), "it closed the connection instead of opening a tunnel", true],
    "close in the head": [(s) => s.end("HTTP/1.1 200"), "it closed the connection instead of opening a tunnel", true],
    RST: [(s) => s.resetAndDestroy(), "it closed the connection instead of opening a tunnel (ECONNRESET)", true],
    garbage: [(s) => s.write("SSH-2.0-SENTINEL\r\n"), "it does not speak HTTP", false],
    "an endless head": [
      (s) => s.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`),
      "its answer to CONNECT is too long",
      false,
    ],
    "a voice in the tunnel": [
      (s) => s.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
      "it spoke into the tunnel",
      false,
    ],
  };
  for (const [name, [answer, text, retryable]] of Object.entries(faults)) {
    test(`U18 ${name}: a typed error after one connection`, async () => {
      const proxy = await listen(createServer((socket) => void socket.once("data", () => answer(socket))));
      const { get } = wire({ env: { https_proxy: `http://user:SENTINEL@127.0.0.1:${proxy.port}` } });
      const error = await failure(get("https://target.test/"));
      expect(error).toMatchObject({ name: "ConnectionError", code: "ERR_PROXY", sent: false, retryable });
      expect(error.message).toContain(
        `cannot reach https://target.test through the proxy http://127.0.0.1:${proxy.port}: ${text}`,
      );
      expect(error.hint).toContain("https_proxy");
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("SENTINEL");
      expect(proxy.connections).toBe(1);
      expect(await eventually(() => proxy.open === 0)).toBe(true);
    });
  }

  test("U18 a proxy that closes after CONNECT: one connection per call, no spinning", async () => {
    const proxy = await listen(
      createServer((socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n"))),
    );
    const { get } = wire({ env: { https_proxy: `http://127.0.0.1:${proxy.port}` } });
    for (let n = 1; n <= 3; n += 1) {
      expect(await failure(get("https://target.test/"))).toMatchObject({ sent: false, retryable: true });
      expect(proxy.connections).toBe(n);
    }
  });

  for (const secured of [false, true]) {
    test(`U18 an ${secured ? "https" : "http"} proxy that dies takes its tunnels along, in use or idle`, async () => {
      let hanging = false;
      const target = await listen(
        createHttpsServer(authority.issue({ hosts: ["target.test"] }), (request, response) => {
          if (request.url === "/") response.end("ok");
          else hanging = true;
        }),
      );
      const proxy = await tunnelProxy(() => target.port, secured);
      const made = wire({
        env: { HTTPS_PROXY: `${secured ? "https" : "http"}://localhost:${proxy.port}` },
        trust: { ca: authority.cert },
      });
      for (let n = 1; n <= 3; n += 1) {
        expect(await (await made.get("https://target.test/")).body.text()).toBe("ok");
        expect(proxy.connections).toBe(n);
        for (const socket of proxy.sockets) socket.destroy();
        await eventually(() => proxy.open === 0);
        await sleep(20);
      }
      const call = failure(made.get("https://target.test/hangs"));
      await eventually(() => hanging);
      for (const socket of proxy.sockets) socket.destroy();
      expect(await call).toMatchObject({ code: "ERR_CONNECTION_LOST", sent: true });
      await made.close();
    });
  }

  test("U18 an unreachable proxy is the proxy's fault", async () => {
    const error = await failure(wire({ env: { https_proxy: "http://127.0.0.1:1" } }).get("https://target.test/"));
    expect(error).toMatchObject({ code: "ERR_PROXY", sent: false });
    expect(error.message).toBe(
      "cannot reach https://target.test through the proxy http://127.0.0.1:1: connection refused (ECONNREFUSED)",
    );
  });
});
