import { getEventListeners } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { createWire } from "../../src/wire/index.ts";
import { eventually, failure, type Listening, listen, sleep, wire, within100Ms } from "./helpers.ts";

const silent = (onSocket: (socket: Socket) => void = (socket) => void socket.resume()) =>
  listen(createServer(onSocket));
const bodyHead = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx";

interface Phase {
  readonly url: string;
  readonly server?: Listening;
  readonly env?: Record<string, string>;
  readonly body?: boolean;
  readonly identity?: () => Promise<undefined>;
}

/** How to get a call stuck in each phase. */
const phases: Record<string, () => Promise<Phase>> = {
  // TEST-NET-1 (RFC 5737): nothing answers there; where it is unreachable at once, there is nothing to abort.
  connect: async () => ({ url: "http://192.0.2.1/" }),
  identity: async () => ({ url: "https://127.0.0.1:9/", identity: () => new Promise(() => {}) }),
  TLS: async () => {
    const server = await silent();
    return { server, url: `https://127.0.0.1:${server.port}/` };
  },
  CONNECT: async () => {
    const server = await silent();
    return { server, url: "https://target.test/", env: { https_proxy: `http://127.0.0.1:${server.port}` } };
  },
  "TLS in the tunnel": async () => {
    const server = await silent((socket) => void socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n")));
    return { server, url: "https://target.test/", env: { https_proxy: `http://127.0.0.1:${server.port}` } };
  },
  "TLS to the proxy": async () => {
    const server = await silent();
    return { server, url: "https://target.test/", env: { https_proxy: `https://127.0.0.1:${server.port}` } };
  },
  headers: async () => {
    const server = await silent();
    return { server, url: `http://127.0.0.1:${server.port}/` };
  },
  body: async () => {
    const server = await silent((socket) => void socket.once("data", () => socket.write(bodyHead)));
    return { server, url: `http://127.0.0.1:${server.port}/`, body: true };
  },
};

describe("R15 an abort is heeded within 100 ms, and leaves no socket", () => {
  for (const [name, prepare] of Object.entries(phases)) {
    test(`R15 ${name}`, async () => {
      const { url, server, body, ...options } = await prepare();
      const { get } = wire({ timeoutMs: 60_000, ...options });
      const controller = new AbortController();
      let settled = false;
      const call = failure(
        body ? get(url, controller.signal).then((answer) => answer.body.text()) : get(url, controller.signal),
      ).then((error) => {
        settled = true;
        return error;
      });
      await sleep(80);
      if (settled) {
        expect((await call).code).toBe("ERR_CONNECTION");
        return;
      }
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await within100Ms(call)).toBe(reason);
      if (server !== undefined) expect(await eventually(() => server.open === 0)).toBe(true);
      expect(server?.connections ?? 1).toBe(1);
    });
  }

  test("R15 DNS", async () => {
    const controller = new AbortController();
    const call = failure(wire().get("http://no-such-host.invalid/", controller.signal));
    // The look-up is in the thread pool by now; its answer comes later, to nobody.
    await Promise.resolve();
    controller.abort(new Error("enough"));
    expect((await within100Ms(call)).message).toBe("enough");
  });

  test("R15 before anything", async () => {
    const server = await silent();
    expect(await failure(wire().get(`http://127.0.0.1:${server.port}/`, AbortSignal.abort("no")))).toBe("no");
    expect(server.connections).toBe(0);
  });

  test("R15 while waiting for one of 256 connections", async () => {
    const server = await silent();
    const { get } = wire({ timeoutMs: 60_000 });
    const url = `http://127.0.0.1:${server.port}/`;
    const stuck = Promise.allSettled(Array.from({ length: 256 }, () => get(url)));
    const controller = new AbortController();
    const call = failure(get(url, controller.signal));
    controller.abort("no");
    expect(await call).toBe("no");
    void stuck;
  });

  test("an abort after the end changes nothing, and no listener stays", async () => {
    const server = await listen(createHttpServer((_, response) => void response.end("ok")));
    const { get } = wire();
    const controller = new AbortController();
    const answer = await get(`http://127.0.0.1:${server.port}/`, controller.signal);
    expect(await answer.body.text()).toBe("ok");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    controller.abort();
    await (await get(`http://127.0.0.1:${server.port}/`)).body.text();
    expect(server.connections).toBe(1);
  });
});

describe("R15 the timeout bounds connecting, and leaves no socket", () => {
  for (const name of ["connect", "identity", "TLS", "CONNECT", "TLS in the tunnel", "TLS to the proxy"]) {
    test(`R15 ${name}`, async () => {
      const { url, server, ...options } = await phases[name]!();
      const error = await failure(wire({ timeoutMs: 150, ...options }).get(url));
      expect(error).toMatchObject({ sent: false });
      if (error.code !== "ERR_CONNECTION") {
        expect(error.name).toBe("TimeoutError");
        expect(error.code).toBe(options.env === undefined ? "ERR_TIMEOUT" : "ERR_PROXY");
        expect(error.message).toContain("0.15 s");
      }
      if (server !== undefined) expect(await eventually(() => server.open === 0)).toBe(true);
    });
  }
});

describe("close", () => {
  for (const [name, prepare] of Object.entries(phases)) {
    test(`settles a call in the phase ${name} and leaves no socket`, async () => {
      const { url, server, body, ...options } = await prepare();
      const made = wire({ timeoutMs: 60_000, ...options });
      const call = failure(body ? made.get(url).then((answer) => answer.body.text()) : made.get(url));
      await sleep(50);
      await made.close();
      expect(["ERR_CLOSED", "ERR_CONNECTION"]).toContain((await call).code);
      if (server !== undefined) expect(await eventually(() => server.open === 0)).toBe(true);
    });
  }

  test("G04 closes idle connections, refuses later calls, and can be repeated", async () => {
    const server = await listen(createHttpServer((_, response) => void response.end("ok")));
    const made = wire();
    const url = `http://127.0.0.1:${server.port}/`;
    await Promise.all(Array.from({ length: 5 }, async () => (await made.get(url)).body.text()));
    expect(server.open).toBe(5);
    await Promise.all([made.close(), made.close()]);
    expect(await eventually(() => server.open === 0)).toBe(true);
    expect(await failure(made.get(url))).toMatchObject({ code: "ERR_CLOSED" });
    await made.close();
  });

  test("a wire that was never used closes, also in the middle of its first call", async () => {
    const made = createWire({ env: {}, timeoutMs: 1_000, log: { debug: () => {}, warn: () => {} } });
    await made.close();
    const other = wire();
    const call = failure(other.get("http://127.0.0.1:9/"));
    await other.close();
    expect(await call).toMatchObject({ code: "ERR_CLOSED" });
  });
});
