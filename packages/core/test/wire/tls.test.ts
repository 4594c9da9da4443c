import { spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import { connect, createServer as createTcpServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createAuthority, type Issued, selfSigned } from "../../../../testing/src/index.ts";
import { HttpAuthError } from "../../src/errors.ts";
import type { TlsIdentity } from "../../src/types.ts";
import { runChild } from "./child.ts";
import { eventually, failure, later, listen, sleep, wire, within100Ms } from "./helpers.ts";

const authority = createAuthority();
const stranger = createAuthority("Stranger");
const server = authority.issue();
const day = 86_400_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wire-"));
  later(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** An https server that answers with what it saw of the client. */
function https(options: ServerOptions) {
  return listen(
    createHttpsServer(options, (request, response) => {
      const socket = request.socket as TLSSocket & { servername: string | false };
      const peer = socket.getPeerCertificate();
      response.end(
        JSON.stringify({
          client: peer?.subject?.CN,
          servername: socket.servername,
          reused: socket.isSessionReused(),
          protocol: socket.getProtocol(),
        }),
      );
    }),
  );
}

const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
const trust = { ca: authority.cert };

async function seen(answer: Promise<{ body: { text(): Promise<string> } }>) {
  return JSON.parse(await (await answer).body.text());
}

describe("M10 servers that are not trusted", () => {
  const cases: [string, Issued, object, string, string][] = [
    [
      "an unknown authority",
      stranger.issue(),
      trust,
      "its certificate authority is not trusted here",
      "Add the certificate authority of the server to the bundle named by tls.ca",
    ],
    [
      "an unknown authority, nothing set",
      server,
      {},
      "its certificate authority is not trusted here",
      "Set MLFLOW_TRACKING_CA_BUNDLE_PATH to a PEM file",
    ],
    [
      "a self-signed certificate",
      selfSigned(),
      {},
      "it is self-signed",
      "Set MLFLOW_TRACKING_CA_BUNDLE_PATH to a PEM file",
    ],
    [
      "an expired certificate",
      authority.issue({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) }),
      trust,
      "has expired",
      "Renew the server's certificate",
    ],
    [
      "a certificate of tomorrow",
      authority.issue({ notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) }),
      trust,
      "it is not valid yet",
      "clocks",
    ],
    [
      "another host's certificate",
      authority.issue({ hosts: ["other.test", "10.0.0.1"] }),
      trust,
      "it is for another host name: DNS:other.test, IP Address:10.0.0.1",
      "MLFLOW_TRACKING_URI",
    ],
  ];
  for (const [name, identity, given, text, hint] of cases) {
    test(`M10 ${name}`, async () => {
      const { port, connections } = await https({ key: identity.key, cert: identity.cert });
      expect(connections).toBe(0);
      const error = await failure(wire({ trust: given }).get(`https://127.0.0.1:${port}/`));
      expect(error).toMatchObject({ name: "ConnectionError", code: "ERR_TLS", sent: false, retryable: false });
      expect(error.message).toMatch(
        /^SSL certificate error: the certificate of https:\/\/127\.0\.0\.1:\d+ cannot be accepted: /,
      );
      expect(error.message).toContain(text);
      expect(error.hint).toContain(hint);
      const everything = inspect(error, { depth: 9, showHidden: true });
      expect(everything).toMatch(/MLFLOW_TRACKING_(CA_BUNDLE_PATH|INSECURE_TLS)/);
      expect(everything).not.toContain("http://");
      expect(everything).not.toMatch(/BEGIN|use http\b/i);
    });
  }

  test("M16 a server with nothing above TLS 1.1 is refused", async () => {
    const { port } = await https({
      ...server,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT:@SECLEVEL=0",
    });
    expect(await failure(wire({ trust }).get(`https://127.0.0.1:${port}/`))).toMatchObject({
      code: "ERR_TLS",
      retryable: false,
      message: expect.stringContaining("the server offers no TLS 1.2 or 1.3"),
    });
  });

  test("what does not speak TLS is named, and never a reason for plain http", async () => {
    const plain = await listen(createHttpServer((_, response) => void response.end()));
    const error = await failure(wire().get(`https://127.0.0.1:${plain.port}/`));
    expect(error).toMatchObject({ code: "ERR_TLS", retryable: false });
    expect(error.message).toContain("what answers there does not speak TLS");
    expect(inspect(error)).not.toMatch(/http:\/\/|plain/);
  });

  test("a connection that is closed in the handshake may be tried again", async () => {
    const { port } = await listen(createTcpServer((socket) => void socket.once("data", () => socket.destroy())));
    expect(await failure(wire().get(`https://127.0.0.1:${port}/`))).toMatchObject({
      code: "ERR_CONNECTION",
      sent: false,
      retryable: true,
    });
  });
});

describe("trust", () => {
  test("M12 a bundle replaces Node's list, or is added to it and to NODE_EXTRA_CA_CERTS", async () => {
    const extra = join(temporaryFolder(), "extra.pem");
    writeFileSync(extra, stranger.cert);
    const [own, foreign] = [await https({ ...server }), await https({ ...stranger.issue() })];
    const { stdout } = await runChild(
      `const out = {};
      for (const trust of ["replace", "add"]) for (const port of [${own.port}, ${foreign.port}]) {
        const log = { debug() {}, warn() {} };
        const wire = createWire({ env: {}, timeoutMs: 5000, log, trust: { trust, ca: ${JSON.stringify(authority.cert)} } });
        const url = new URL("https://127.0.0.1:" + port + "/");
        const answer = wire.send({ method: "GET", url, headers: {} });
        out[trust + (port === ${own.port} ? " own" : " foreign")] = await answer.then(() => true, (e) => e.code);
        await wire.close();
      }
      console.log(JSON.stringify(out));`,
      { NODE_EXTRA_CA_CERTS: extra },
    );
    expect(JSON.parse(stdout)).toEqual({
      "replace own": true,
      "replace foreign": "ERR_TLS",
      "add own": true,
      "add foreign": true,
    });
  });

  test("a certificate that is named itself is trusted, self-signed or not", async () => {
    const alone = selfSigned();
    for (const identity of [alone, server]) {
      const { port } = await https({ key: identity.key, cert: identity.cert });
      const answer = await seen(wire({ trust: { ca: identity.cert } }).get(`https://127.0.0.1:${port}/`));
      expect(answer.protocol).toBe("TLSv1.3");
    }
  });

  test("an intermediate authority in the chain", async () => {
    const below = authority.intermediate();
    const leaf = below.issue();
    const { port } = await https({ key: leaf.key, cert: leaf.cert + below.cert });
    expect((await seen(wire({ trust }).get(`https://127.0.0.1:${port}/`))).protocol).toBe("TLSv1.3");
    const bare = await https({ key: leaf.key, cert: leaf.cert });
    const error = await failure(wire({ trust }).get(`https://127.0.0.1:${bare.port}/`));
    expect(error.message).toContain("the server leaves out an intermediate certificate");
  });

  test("M13 insecure takes anything, and warns loudly once", async () => {
    const { port } = await https({ ...selfSigned({ hosts: ["other.test"] }) });
    const made = wire({ env: { MLFLOW_TRACKING_INSECURE_TLS: "true" } });
    expect(made.warnings).toEqual([]);
    for (let n = 0; n < 3; n += 1) await seen(made.get(`https://127.0.0.1:${port}/`));
    expect(made.warnings).toHaveLength(1);
    expect(made.warnings[0]).toContain("TLS certificates are not verified (MLFLOW_TRACKING_INSECURE_TLS)");
  });

  test("token endpoints: the bundle is added, and verification stays on", async () => {
    const { port } = await https({ ...selfSigned() });
    const made = wire({ env: { MLFLOW_TRACKING_INSECURE_TLS: "true" }, trustMode: "token-endpoint" });
    const error = await failure(made.get(`https://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ code: "ERR_TLS" });
    expect(inspect(error)).not.toContain("MLFLOW_TRACKING_INSECURE_TLS");
    const own = await https({ ...server });
    await seen(wire({ trust, trustMode: "token-endpoint" }).get(`https://127.0.0.1:${own.port}/`));
  });

  test("a broken bundle is an error at the first https call, and again at the next", async () => {
    const made = wire({ env: { MLFLOW_TRACKING_CA_BUNDLE_PATH: "/no/such/file" } });
    for (let n = 0; n < 2; n += 1) {
      expect(await failure(made.get("https://127.0.0.1:9/"))).toMatchObject({
        name: "AuthError",
        code: "ERR_AUTH_TLS",
      });
    }
  });

  test("M15 SNI is the host, the identity's server name, or nothing for an address", async () => {
    const { port } = await https({ ...server });
    const named = await https({ ...authority.issue({ hosts: ["inner.test"] }) });
    expect((await seen(wire({ trust }).get(`https://localhost:${port}/`))).servername).toBe("localhost");
    expect((await seen(wire({ trust }).get(`https://localhost.:${port}/`))).servername).toBe("localhost");
    expect((await seen(wire({ trust }).get(`https://127.0.0.1:${port}/`))).servername).toBe(false);
    const made = wire({ trust, identity: () => ({ servername: "inner.test" }) });
    expect((await seen(made.get(`https://127.0.0.1:${named.port}/`))).servername).toBe("inner.test");
    const error = await failure(wire({ trust }).get(`https://127.0.0.1:${named.port}/`));
    expect(error.message).toContain("it is for another host name: DNS:inner.test");
  });
});

describe("client certificates", () => {
  test("the identity is asked before each new connection; two identities never share one", async () => {
    const target = await https({ ...server, ...mutual });
    const url = `https://127.0.0.1:${target.port}/`;
    let asked = 0;
    const clients = ["ada", "bob"].map((name) => {
      const identity = authority.issue({ name });
      const ask = async () => {
        asked += 1;
        return identity;
      };
      return { name, made: wire({ trust, identity: ask }) };
    });
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const { name, made } = clients[n % 2]!;
        expect((await seen(made.get(url))).client).toBe(name);
      }),
    );
    expect(asked).toBe(target.connections);
  });

  test("M14 a new identity is used for new connections, and resumes nothing of the old one's", async () => {
    const target = await https({ ...server, ...mutual });
    const url = `https://127.0.0.1:${target.port}/`;
    const identities = [authority.issue({ name: "old" }), authority.issue({ name: "new" })];
    let current = 0;
    const made = wire({ trust, identity: () => identities[current] });
    const close = async () => {
      await sleep(20);
      for (const socket of target.sockets) socket.destroy();
      await eventually(() => target.open === 0);
      await sleep(20);
    };
    expect(await seen(made.get(url))).toMatchObject({ client: "old", reused: false });
    await close();
    expect(await seen(made.get(url))).toMatchObject({ client: "old", reused: true });
    await close();
    current = 1;
    expect(await seen(made.get(url))).toMatchObject({ client: "new", reused: false });
    await close();
    expect(await seen(made.get(url))).toMatchObject({ client: "new", reused: true });
  });

  test("one PEM with certificate and key; PFX-like absence of a key is an error", async () => {
    const target = await https({ ...server, ...mutual });
    const url = `https://127.0.0.1:${target.port}/`;
    const { cert, key } = authority.issue({ name: "ada" });
    expect((await seen(wire({ trust, identity: () => ({ cert: cert + key }) }).get(url))).client).toBe("ada");
    expect((await seen(wire({ trust, identity: () => ({ cert: Buffer.from(key + cert) }) }).get(url))).client).toBe(
      "ada",
    );
  });

  test("M05 an identity that cannot be used is an error, without its content", async () => {
    const { cert, key } = authority.issue();
    const cases: TlsIdentity[] = [
      { cert },
      { cert: "", key },
      { cert: "SENTINEL", key },
      { cert, key: "SENTINEL" },
      { cert, key: authority.issue().key },
      { cert, key: key.replace(/\n.{20}/, "\nSENTINELSENTINELSENT") },
      { pfx: Buffer.from("SENTINEL"), passphrase: "SENTINEL" },
    ];
    for (const identity of cases) {
      const error = await failure(wire({ trust, identity: () => identity }).get("https://127.0.0.1:9/"));
      expect(error).toMatchObject({ name: "AuthError", code: "ERR_AUTH_TLS" });
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/SENTINEL|BEGIN/);
    }
  });

  test("an identity that throws is the call's error", async () => {
    const identity = () => Promise.reject(new RangeError("mine"));
    expect(await failure(wire({ identity }).get("https://127.0.0.1:9/"))).toBeInstanceOf(RangeError);
  });

  const identities: Record<string, [(() => TlsIdentity) | undefined, string]> = {
    "no certificate": [undefined, "the server requires a client certificate"],
    "another authority's": [() => stranger.issue(), "refused it: unknown CA"],
    "an expired one": [
      () => authority.issue({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) }),
      "refused it: expired",
    ],
  };

  const openssl = spawnSync("openssl", ["version"]).status === 0;
  const servers: Record<string, (version: "TLSv1.2" | "TLSv1.3") => Promise<number>> = {
    Node: async (version) => (await https({ ...server, ...mutual, minVersion: version, maxVersion: version })).port,
    openssl: opensslServer,
  };
  for (const [kind, start] of Object.entries(servers)) {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      for (const [name, [identity, text]] of Object.entries(identities)) {
        const [id, expected] = name === "no certificate" ? ["M08", text] : ["M09", text];
        const missing = kind === "openssl" && !openssl;
        test.skipIf(missing)(`${id} ${kind}, ${version}: ${name}${missing ? " (needs openssl)" : ""}`, async () => {
          const port = await start(version);
          for (let n = 0; n < 5; n += 1) {
            const error = await failure(wire({ trust, identity }).get(`https://127.0.0.1:${port}/`));
            expect(error, inspect(error)).toBeInstanceOf(HttpAuthError);
            expect(error).toMatchObject({ code: "ERR_HTTP_CLIENT_CERTIFICATE", status: 0 });
            // Node's server and OpenSSL know no better word for a certificate that they could not verify.
            expect(error.message).toMatch(
              /^MLflow authentication error \(TLS\): the server requires a client certificate/,
            );
            expect(error.message).toContain(kind === "Node" && name !== "no certificate" ? "" : expected);
            expect(error.hint).toContain("MLFLOW_TRACKING_CLIENT_CERT_PATH");
          }
        });
      }
    }
  }

  test("M08 an alert that a reset overtakes is found by a probe", async () => {
    // The server's side of the handshake goes on behind a relay, which turns its end into a reset once.
    const target = await https({ ...server, ...mutual });
    let relayed = 0;
    const relay = await listen(
      createTcpServer((socket) => {
        relayed += 1;
        const first = relayed === 1;
        const inner = connect(target.port, "127.0.0.1");
        later(() => inner.destroy());
        inner.on("error", () => {});
        socket.pipe(inner);
        let records = 0;
        inner.on("data", (data) => {
          records += 1;
          if (first && records > 1) socket.resetAndDestroy();
          else socket.write(data);
        });
        inner.on("end", () => socket.end());
      }),
    );
    const error = await failure(wire({ trust }).get(`https://127.0.0.1:${relay.port}/`));
    expect(error).toMatchObject({ code: "ERR_HTTP_CLIENT_CERTIFICATE", status: 0 });
    expect(relay.connections).toBe(2);
  });

  for (const end of ["aborted", "closed"] as const) {
    test(`R15 a call is ${end} during the probe, too`, async () => {
      const backend = await listen(createHttpsServer(server, (request) => void request.socket.destroy()));
      const target = await listen(
        createTcpServer((socket) => {
          if (target.connections > 1) {
            socket.resume();
            return;
          }
          const inner = connect(backend.port, "127.0.0.1");
          later(() => inner.destroy());
          socket.pipe(inner).pipe(socket);
        }),
      );
      const made = wire({ trust });
      const controller = new AbortController();
      const call = failure(made.get(`https://127.0.0.1:${target.port}/`, controller.signal));
      expect(await eventually(() => target.connections > 1)).toBe(true);
      if (end === "aborted") controller.abort(new Error("aborted"));
      else void made.close();
      expect((await within100Ms(call)).message).toContain(end);
      expect(await eventually(() => target.open === 0)).toBe(true);
    });
  }

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`a server that closes after each ${version} handshake is asked at most twice`, async () => {
      for (const close of ["destroy", "end"] as const) {
        const target = await listen(
          createTlsServer({ ...server, minVersion: version, maxVersion: version }, (socket) => void socket[close]()),
        );
        for (let n = 1; n <= 10; n += 1) {
          const error = await failure(wire({ trust }).get(`https://127.0.0.1:${target.port}/`));
          expect(error).toMatchObject({ name: "ConnectionError", retryable: true });
          expect(target.connections).toBeLessThanOrEqual(2 * n);
        }
      }
    });
  }

  test("a server that merely closes after the handshake is probed once, and not accused", async () => {
    const target = await listen(createHttpsServer(server, (request) => void request.socket.destroy()));
    const error = await failure(wire({ trust }).get(`https://127.0.0.1:${target.port}/`));
    expect(error).toMatchObject({ code: "ERR_CONNECTION_LOST", sent: true, retryable: true });
    expect(target.connections).toBeLessThanOrEqual(2);
  });
});

async function opensslServer(version: "TLSv1.2" | "TLSv1.3"): Promise<number> {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries({ ca: authority.cert, cert: server.cert, key: server.key })) {
    writeFileSync(join(folder, name), content);
  }
  const free = createTcpServer();
  const { port } = await listen(free);
  await new Promise((resolve) => free.close(resolve));
  const flags = ["-Verify", "1", "-verify_return_error", "-www", version === "TLSv1.2" ? "-tls1_2" : "-tls1_3"];
  const args = ["s_server", "-accept", `127.0.0.1:${port}`, "-CAfile", "ca", "-cert", "cert", "-key", "key", ...flags];
  const child = spawn("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  later(() => child.kill());
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (data) => String(data).includes("ACCEPT") && resolve());
    child.on("exit", () => reject(new Error("openssl s_server ended")));
  });
  return port;
}

test("M15 an IPv6 address", async ({ skip }) => {
  const available = networkInterfaces().lo?.some(({ address }) => address === "::1");
  if (!available) skip("this machine has no ::1");
  const target = await listen(
    createHttpsServer(server, (_, response) => void response.end("six")),
    "::1",
  );
  expect(await (await wire({ trust }).get(`https://[::1]:${target.port}/`)).body.text()).toBe("six");
  const other = await listen(createHttpsServer(authority.issue({ hosts: ["localhost", "::2"] })), "::1");
  const error = await failure(wire({ trust }).get(`https://[::1]:${other.port}/`));
  expect(error).toMatchObject({ code: "ERR_TLS", sent: false });
  expect(error.message).toContain("it is for another host name: DNS:localhost, IP Address:0:0:0:0:0:0:0:2");
});

describe("sessions", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}: 20 of 20 new connections resume, also after a garbage collection`, async () => {
      const target = await https({ ...server, minVersion: version, maxVersion: version });
      const made = wire({ trust });
      const { setFlagsFromString } = await import("node:v8");
      const { runInNewContext } = await import("node:vm");
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      let reused = 0;
      for (let n = 0; n < 21; n += 1) {
        const answer = await seen(made.get(`https://127.0.0.1:${target.port}/`));
        reused += Number(answer.reused);
        await sleep(5);
        for (const socket of target.sockets) socket.destroy();
        await eventually(() => target.open === 0);
        await sleep(5);
        collect();
      }
      expect(target.connections).toBe(21);
      expect(reused).toBe(20);
    });
  }

  test("a certificate of the test authority is what it says", () => {
    const made = new X509Certificate(authority.issue({ name: "x", hosts: ["a.test", "::1"] }).cert);
    expect(made.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(made.checkHost("a.test")).toBe("a.test");
    expect(made.checkIP("::1")).toBe("::1");
  });
});
