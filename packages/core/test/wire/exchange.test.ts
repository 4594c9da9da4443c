import { createServer } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { ConnectionError, MlflowError, TimeoutError } from "../../src/errors.ts";
import type { BodySource } from "../../src/types.ts";
import { eventually, failure, listen, sleep, wire } from "./helpers.ts";

/** A server that answers each connection's first bytes by `answer`. */
function raw(answer: (socket: Socket, request: string) => void) {
  return listen(createTcpServer((socket) => void socket.on("data", (data) => answer(socket, data.toString("latin1")))));
}

/** A server that answers with what it got. */
function echo() {
  return listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const { method, url, rawHeaders } = request;
        response.setHeader("Set-Cookie", ["a=1", "b=2"]).setHeader("X-One", "1").statusCode = 201;
        response.end(JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(chunks).toString() }));
      });
    }),
  );
}

const text = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

async function* pieces(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

describe("requests", () => {
  test("status, headers and body arrive; nothing is added but host and connection", async () => {
    const { port } = await echo();
    const answer = await wire().send({
      method: "GET",
      url: new URL(`http://127.0.0.1:${port}/a%20b/c?d=%2F#e`),
      headers: { authorization: "Basic x", "x-test": "1" },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.headers["x-one"]).toBe("1");
    const seen = JSON.parse(await answer.body.text());
    expect(seen).toEqual({
      method: "GET",
      url: "/a%20b/c?d=%2F",
      rawHeaders: [`host`, `127.0.0.1:${port}`, "connection", "keep-alive", "authorization", "Basic x", "x-test", "1"],
      body: "",
    });
  });

  test("string, bytes, source and iterable bodies", async () => {
    const { port } = await echo();
    const { send } = wire();
    const source: BodySource = { length: 5, open: () => pieces("fi", "les"), sha256: async () => "" };
    const empty: BodySource = { length: 0, open: () => pieces(), sha256: async () => "" };
    const cases = [
      ["päß", "päß", "content-length", "5"],
      [new Uint8Array(Buffer.from("xbytesx")).subarray(1, 6), "bytes", "content-length", "5"],
      [source, "files", "content-length", "5"],
      [empty, "", "content-length", "0"],
      [pieces("a", "", "bc"), "abc", "transfer-encoding", "chunked"],
      [undefined, "", "content-length", "0"],
    ] as const;
    for (const [body, arrived, header, value] of cases) {
      const answer = await send({ method: "POST", url: new URL(`http://127.0.0.1:${port}/`), headers: {}, body });
      const seen = JSON.parse(await answer.body.text());
      expect(seen.body).toBe(arrived);
      expect(seen.rawHeaders).toEqual(["host", `127.0.0.1:${port}`, "connection", "keep-alive", header, value]);
    }
  });

  test("a body that breaks off or lies about its length is the caller's error, and the connection is closed", async () => {
    const server = await echo();
    const { send } = wire();
    const post = (body: BodySource | AsyncIterable<Uint8Array>) =>
      failure(send({ method: "POST", url: new URL(`http://127.0.0.1:${server.port}/`), headers: {}, body }));
    async function* breaks() {
      yield Buffer.from("x");
      throw new MlflowError("ERR_BODY", "changed while it was being sent");
    }
    async function* own() {
      yield Buffer.from("x");
      throw new RangeError("disk");
    }
    expect(await post(breaks())).toMatchObject({ code: "ERR_BODY", message: "changed while it was being sent" });
    expect(await post(own())).toMatchObject({ code: "ERR_BODY", cause: expect.any(RangeError) });
    const sha256 = async () => "";
    expect(await post({ length: 3, open: () => pieces("12"), sha256 })).toMatchObject({ code: "ERR_BODY" });
    expect(await post({ length: 3, open: () => pieces("1234"), sha256 })).toMatchObject({ code: "ERR_BODY" });
    expect(await eventually(() => server.open === 0)).toBe(true);
  });

  test("an upload may take longer than the timeout, but not stand still", async () => {
    const length = 32 * 1024 * 1024;
    // Reads half a mebibyte each 50 ms, or nothing at all.
    const server = await listen(
      createTcpServer((socket) => {
        let [total, left, stuck] = [0, 0, false];
        socket.on("data", (data) => {
          total += data.length;
          left -= data.length;
          stuck ||= data.subarray(0, 20).includes("/stuck");
          if (stuck || left <= 0) socket.pause();
          if (total < length) return;
          socket.write(text(String(total)));
          total = 0;
        });
        const timer = setInterval(() => {
          left = 512 * 1024;
          if (!stuck) socket.resume();
        }, 50);
        socket.on("close", () => clearInterval(timer));
      }),
    );
    const { send } = wire({ timeoutMs: 1_500 });
    const post = (path: string, body: string | Uint8Array) =>
      send({ method: "POST", url: new URL(path, `http://127.0.0.1:${server.port}/`), headers: {}, body });
    for (const body of [Buffer.alloc(length), "x".repeat(length)]) {
      const start = performance.now();
      expect(Number(await (await post("/slow", body)).body.text())).toBeGreaterThanOrEqual(length);
      expect(performance.now() - start).toBeGreaterThan(2_600);
    }
    expect(await failure(post("/stuck", Buffer.alloc(length)))).toMatchObject({ code: "ERR_TIMEOUT", sent: true });
  });

  test("an upload is closed when the call is aborted", async () => {
    const { port } = await echo();
    const controller = new AbortController();
    let closed = false;
    async function* endless() {
      try {
        for (;;) {
          yield Buffer.from("x");
          await sleep(5);
        }
      } finally {
        closed = true;
      }
    }
    const url = new URL(`http://127.0.0.1:${port}/`);
    const call = wire().send({ method: "POST", url, headers: {}, body: endless(), signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 50);
    expect((await failure(call)).message).toBe("enough");
    expect(await eventually(() => closed)).toBe(true);
  });

  test("U20 a host header of another host is refused, the URL's own is taken", async () => {
    const server = await echo();
    const { send } = wire();
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    expect(await failure(send({ method: "GET", url, headers: { host: "evil.example" } }))).toMatchObject({
      code: "ERR_OPTION",
    });
    const answer = await send({ method: "GET", url, headers: { host: url.host } });
    expect(JSON.parse(await answer.body.text()).rawHeaders.slice(0, 2)).toEqual(["host", url.host]);
    expect(server.connections).toBe(1);
  });

  test("a header that HTTP cannot carry is an error without its value, and harms no connection", async () => {
    const server = await echo();
    const { send, get } = wire();
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    for (const value of ["SENTINEL\r\nx: y", "SENTINEL\0", "SENTINEL\u{1f600}"]) {
      const error = await failure(send({ method: "GET", url, headers: { authorization: value } }));
      expect(error).toMatchObject({ code: "ERR_OPTION" });
      expect(error.message + error.stack + String(error.cause)).not.toContain("SENTINEL");
    }
    await (await get(url.href)).body.text();
    expect(server.connections).toBe(1);
  });

  test("other schemes are refused", async () => {
    expect(await failure(wire().get("ftp://127.0.0.1/"))).toMatchObject({ code: "ERR_OPTION" });
  });
});

describe("connections", () => {
  test("one after another share a connection, parallel calls do not", async () => {
    const server = await echo();
    const { get } = wire();
    const url = `http://127.0.0.1:${server.port}/`;
    for (let n = 0; n < 5; n += 1) await (await get(url)).body.text();
    expect(server.connections).toBe(1);
    await Promise.all(Array.from({ length: 8 }, async () => (await get(url)).body.text()));
    expect(server.connections).toBe(8);
    await Promise.all(Array.from({ length: 8 }, async () => (await get(url)).body.text()));
    expect(server.connections).toBe(8);
  });

  test("beyond 256 connections calls wait their turn", async () => {
    const server = await listen(createServer((_, response) => void setTimeout(() => response.end("ok"), 30)));
    const { get } = wire({ timeoutMs: 15_000 });
    const calls = Array.from({ length: 600 }, async () => (await get(`http://127.0.0.1:${server.port}/`)).body.text());
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["ok"]));
    expect(server.connections).toBe(256);
  });

  test("connection: close and HTTP/1.0 answers are not reused", async () => {
    const server = await raw((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nold"));
    const { get } = wire();
    for (let n = 0; n < 3; n += 1) {
      expect(await (await get(`http://127.0.0.1:${server.port}/`)).body.text()).toBe("old");
    }
    expect(server.connections).toBe(3);
  });

  test("R05 a connection closed while idle is replaced without an error", async () => {
    const server = await raw((socket) => {
      socket.end(text("ok"));
    });
    const { send } = wire();
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    for (let n = 0; n < 10; n += 1) {
      const answer = await send({ method: "POST", url, headers: {}, body: "x" });
      expect(await answer.body.text()).toBe("ok");
      await sleep(n * 2);
    }
  });

  test("R05 a connection closed on the second request is reported as sent, and may be tried again", async () => {
    let requests = 0;
    const server = await raw((socket) => {
      requests += 1;
      if (requests === 2) socket.destroy();
      else socket.write(text("ok"));
    });
    const { get } = wire();
    const url = `http://127.0.0.1:${server.port}/`;
    await (await get(url)).body.text();
    const error = await failure(get(url));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: "ERR_CONNECTION_LOST", sent: true, retryable: true });
    expect(error.message).toBe(`http://127.0.0.1:${server.port} closed the connection without an answer`);
    expect(error.hint).toContain("may speak https on this port");
    expect(await (await get(url)).body.text()).toBe("ok");
  });

  test("a server that closes every connection at once is asked once", async () => {
    for (const close of ["end", "destroy", "resetAndDestroy"] as const) {
      const server = await listen(createTcpServer((socket) => void socket[close]()));
      const { get } = wire();
      for (let n = 1; n <= 10; n += 1) {
        expect(await failure(get(`http://127.0.0.1:${server.port}/`))).toMatchObject({
          name: "ConnectionError",
          retryable: true,
        });
        expect(server.connections).toBe(n);
      }
    }
  });

  test("a reset is a lost connection", async () => {
    const { port } = await raw((socket) => socket.resetAndDestroy());
    expect(await failure(wire().get(`http://127.0.0.1:${port}/`))).toMatchObject({
      code: "ERR_CONNECTION_LOST",
      sent: true,
      message: expect.stringContaining("(ECONNRESET)"),
    });
  });

  test("U21 refused, unknown and dead addresses are typed; nothing was sent", async () => {
    const { get } = wire();
    const refused = await failure(get("http://127.0.0.1:1/"));
    expect(refused).toMatchObject({ code: "ERR_CONNECTION", sent: false, retryable: true });
    expect(refused.message).toBe("cannot reach http://127.0.0.1:1: connection refused (ECONNREFUSED)");
    const unknown = await failure(get("http://no-such-host.invalid/"));
    expect(unknown.code).toBe("ERR_DNS");
    expect(unknown.message).toMatch(/^cannot reach http:\/\/no-such-host\.invalid: /);
  });

  test("U21 a name whose IPv6 address is dead is reached over IPv4", async () => {
    const server = await listen(
      createServer((_, response) => void response.end("four")),
      "127.0.0.1",
    );
    // localhost is ::1 and 127.0.0.1; the server listens on the second only.
    expect(await (await wire().get(`http://localhost:${server.port}/`)).body.text()).toBe("four");
  });
});

describe("answers", () => {
  test("R06 a truncated body is an error, however it is read", async () => {
    const heads = {
      length: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
      chunked: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
      close: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{}",
      "close, chunked": "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    };
    for (const [name, head] of Object.entries(heads)) {
      for (const end of ["end", "resetAndDestroy"] as const) {
        const { port } = await raw((socket) => socket.write(head, () => setTimeout(() => socket[end](), 20)));
        const { get } = wire();
        const read = {
          text: async () => (await get(`http://127.0.0.1:${port}/`)).body.text(),
          bytes: async () => (await get(`http://127.0.0.1:${port}/`)).body.bytes(),
          iterate: async () => {
            for await (const _ of (await get(`http://127.0.0.1:${port}/`)).body);
          },
          late: async () => {
            const { body } = await get(`http://127.0.0.1:${port}/`);
            await sleep(60);
            await body.text();
          },
        };
        for (const [way, run] of Object.entries(read)) {
          const error = await failure(run());
          expect(error, `${name} ${end} ${way}`).toMatchObject({ code: "ERR_CONNECTION_LOST", sent: true });
          expect(error.message).toContain("broke off its answer after 2 bytes");
        }
      }
    }
  });

  test("R07 a body that ends with the connection is legal", async () => {
    const { port } = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"a":'));
    expect(await (await wire().get(`http://127.0.0.1:${port}/`)).body.text()).toBe('{"a":');
  });

  test("R11 a body over the limit is an error, and the connection is closed", async () => {
    const server = await listen(
      createServer((_, response) => {
        const chunk = Buffer.alloc(64 * 1024);
        const more = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on("drain", more);
        more();
      }),
    );
    const { get } = wire();
    const url = `http://127.0.0.1:${server.port}/`;
    const before = process.memoryUsage().rss;
    for (const read of ["text", "bytes"] as const) {
      const error = await failure((await get(url)).body[read](1024 * 1024));
      expect(error).toMatchObject({ code: "ERR_RESPONSE_TOO_LARGE", retryable: false });
      expect(error.message).toContain("more than 1048576 bytes");
    }
    const { body } = await get(url);
    await sleep(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    body.cancel();
    expect(await eventually(() => server.open === 0)).toBe(true);
  });

  test("a small body over the limit is an error, too", async () => {
    const { port } = await raw((socket) => socket.write(text("12345")));
    const { get } = wire();
    const answer = await get(`http://127.0.0.1:${port}/`);
    await sleep(30);
    expect(await failure(answer.body.text(4))).toMatchObject({ code: "ERR_RESPONSE_TOO_LARGE" });
    expect(await (await get(`http://127.0.0.1:${port}/`)).body.text(5)).toBe("12345");
  });

  test("a slow reader holds the server back, and gets every byte", async () => {
    const total = 8 * 1024 * 1024;
    let written = 0;
    const server = await listen(
      createServer(async (_, response) => {
        while (written < total) {
          written += 64 * 1024;
          if (!response.write(Buffer.alloc(64 * 1024, written / (64 * 1024)))) {
            await new Promise((resolve) => response.once("drain", resolve));
          }
        }
        response.end();
      }),
    );
    const { body } = await wire({ timeoutMs: 300 }).get(`http://127.0.0.1:${server.port}/`);
    // Longer than the timeout: a reader that takes its time is not a silent server.
    await sleep(700);
    expect(written).toBeLessThan(total);
    let read = 0;
    for await (const chunk of body) {
      expect(chunk[0]).toBe((Math.floor(read / (64 * 1024)) + 1) & 255);
      read += chunk.length;
    }
    expect(read).toBe(total);
  });

  test("a body is read once; cancelling a finished one keeps the connection", async () => {
    const server = await echo();
    const { get } = wire();
    const url = `http://127.0.0.1:${server.port}/`;
    const answer = await get(url);
    await answer.body.text();
    expect(await failure(answer.body.text())).toMatchObject({ code: "ERR_BODY" });
    expect(await failure(answer.body.bytes())).toMatchObject({ code: "ERR_BODY" });
    const second = await get(url);
    await sleep(30);
    second.body.cancel();
    await (await get(url)).body.text();
    expect(server.connections).toBe(1);
  });

  test("leaving the loop early closes the connection", async () => {
    const server = await listen(createServer((_, response) => void response.write("x".repeat(200_000))));
    const { body } = await wire().get(`http://127.0.0.1:${server.port}/`);
    for await (const _ of body) break;
    expect(await eventually(() => server.open === 0)).toBe(true);
  });

  test("a byte order mark is dropped from text, invalid UTF-8 is replaced", async () => {
    const { port } = await raw((socket) => socket.write(Buffer.from(`${text("\ufeffa")}`)));
    expect(await (await wire().get(`http://127.0.0.1:${port}/`)).body.text()).toBe("a");
  });

  test("R11 huge headers and floods of interim answers are cut off", async () => {
    const huge = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}\r\n\r\n`));
    expect(await failure(wire().get(`http://127.0.0.1:${huge.port}/`))).toMatchObject({
      code: "ERR_RESPONSE_TOO_LARGE",
      retryable: false,
    });
    const flood = await raw((socket) => {
      const write = () => {
        if (!socket.destroyed) socket.write("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(10), () => setTimeout(write, 1));
      };
      write();
    });
    expect(await failure(wire().get(`http://127.0.0.1:${flood.port}/`))).toMatchObject({
      code: "ERR_CONNECTION_LOST",
      retryable: false,
    });
    expect(await eventually(() => flood.open === 0)).toBe(true);
    const polite = await raw((socket) => socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${text("ok")}`));
    expect(await (await wire().get(`http://127.0.0.1:${polite.port}/`)).body.text()).toBe("ok");
  });

  test("R12 headers that trickle in time out", async () => {
    const { port } = await raw((socket) => {
      const letters = [..."HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\nok"];
      const timer = setInterval(() => {
        const letter = letters.shift();
        if (letter === undefined || socket.destroyed) clearInterval(timer);
        else socket.write(letter);
      }, 20);
    });
    const error = await failure(wire({ timeoutMs: 300 }).get(`http://127.0.0.1:${port}/`));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "ERR_TIMEOUT", sent: true });
  });

  test("R12 a body may trickle, but not fall silent", async () => {
    const server = await raw((socket, request) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      let left = 8;
      const timer = setInterval(() => {
        left -= 1;
        if (left > 0) return socket.write("1\r\nx\r\n");
        if (request.includes("/ends")) socket.write("0\r\n\r\n");
        return clearInterval(timer);
      }, 100);
    });
    const { get } = wire({ timeoutMs: 400 });
    const ended = await get(`http://127.0.0.1:${server.port}/ends`);
    expect(await ended.body.text()).toBe("xxxxxxx");
    const silent = await get(`http://127.0.0.1:${server.port}/silent`);
    const error = await failure(silent.body.text());
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain("fell silent in the middle of its answer");
  });

  test("no answer at all times out; an attempt can have a timeout of its own", async () => {
    const server = await raw((socket, request) => {
      if (request.startsWith("GET /first")) socket.write(text("ok"));
    });
    const { send } = wire({ timeoutMs: 60_000 });
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    const first = await send({ method: "GET", url: new URL("/first", url), headers: {} });
    expect(await first.body.text()).toBe("ok");
    const error = await failure(send({ method: "GET", url, headers: {} }, { timeoutMs: 150 }));
    expect(error).toMatchObject({ code: "ERR_TIMEOUT", sent: true, retryable: true });
    expect(error.message).toBe(`http://127.0.0.1:${server.port} did not answer within 0.15 s`);
    expect(await eventually(() => server.open === 0)).toBe(true);
  });

  test("R13 garbage and an SSH banner are typed, and not shown", async () => {
    for (const banner of ["SSH-2.0-SENTINEL\r\n", "SENTINEL".repeat(100), "\x15\x03\x01\x00\x02\x02\x46SENTINEL"]) {
      const { port } = await raw((socket) => socket.write(banner));
      const error = await failure(wire().get(`http://127.0.0.1:${port}/`));
      expect(error).toMatchObject({ code: "ERR_CONNECTION_LOST", retryable: false });
      expect(error.message).toContain("not HTTP");
      const { inspect } = await import("node:util");
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("SENTINEL");
    }
  });

  test("HEAD and 204 have no body", async () => {
    const { port } = await listen(
      createServer((request, response) => {
        response.statusCode = request.method === "HEAD" ? 200 : 204;
        response.end();
      }),
    );
    const { send } = wire();
    for (const method of ["HEAD", "DELETE"]) {
      const answer = await send({ method, url: new URL(`http://127.0.0.1:${port}/`), headers: {} });
      expect(await answer.body.text()).toBe("");
    }
  });
});
