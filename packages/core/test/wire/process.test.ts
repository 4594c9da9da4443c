import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../../../testing/src/index.ts";
import { runChild } from "./child.ts";
import { later, listen } from "./helpers.ts";

const authority = createAuthority();
const server = authority.issue({ hosts: ["localhost", "target.test", "127.0.0.1"] });

/** One call without a close, then how long the process stays. */
const call = (url: string, proxy?: string) => `
  const wire = createWire({
    env: ${JSON.stringify(proxy === undefined ? {} : { https_proxy: proxy })},
    timeoutMs: 30000,
    log: { debug() {}, warn() {} },
    trust: { ca: ${JSON.stringify(authority.cert)} },
  });
  const answer = await wire.send({ method: "GET", url: new URL(${JSON.stringify(url)}), headers: {} });
  console.log(await answer.body.text());
  const end = performance.now();
  process.on("exit", () => console.log(performance.now() - end < 1000));`;

describe("G01 the process ends by itself within a second after its last call", () => {
  test("G01 http and https", async () => {
    const plain = await listen(createServer((_, response) => void response.end("ok")));
    const secure = await listen(createHttpsServer(server, (_, response) => void response.end("ok")));
    for (const url of [`http://127.0.0.1:${plain.port}/`, `https://127.0.0.1:${secure.port}/`]) {
      expect((await runChild(call(url))).stdout).toBe("ok\ntrue\n");
    }
  });

  test("G01 through http and https proxies", async () => {
    const target = await listen(createHttpsServer(server, (_, response) => void response.end("ok")));
    const tunnel = (socket: import("node:net").Socket) =>
      void socket.once("data", () => {
        const inner = connect(target.port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.pipe(inner).pipe(socket);
        });
        later(() => inner.destroy());
        inner.on("error", () => {});
      });
    const plain = await listen(createTcpServer(tunnel));
    const secure = await listen(createTlsServer(server, tunnel));
    for (const proxy of [`http://localhost:${plain.port}`, `https://localhost:${secure.port}`]) {
      expect((await runChild(call("https://target.test/", proxy))).stdout).toBe("ok\ntrue\n");
    }
  });

  test("a pending call holds the process", async () => {
    const slow = await listen(createServer((_, response) => void setTimeout(() => response.end("late"), 1_500)));
    expect((await runChild(call(`http://127.0.0.1:${slow.port}/`))).stdout).toContain("late");
  });
});

test("R11 G04 failed calls leave neither memory, descriptors nor unhandled rejections", async () => {
  const closing = await listen(createTcpServer((socket) => void socket.once("data", () => socket.destroy())));
  const stranger = await listen(createHttpsServer(createAuthority().issue(), (_, response) => void response.end()));
  const { stdout } = await runChild(
    `import { readdirSync } from "node:fs";
    const log = { debug() {}, warn() {} };
    const wire = createWire({ env: {}, timeoutMs: 5000, log });
    const urls = [new URL("http://127.0.0.1:${closing.port}/"), new URL("https://127.0.0.1:${stranger.port}/")];
    const round = async (count) => {
      for (let n = 0; n < count; n += 1) {
        await Promise.allSettled(urls.map((url) => wire.send({ method: "POST", url, headers: {}, body: "x".repeat(1000) })));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      gc();
      const files = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
      return { heap: process.memoryUsage().heapUsed, files };
    };
    await round(300);
    const before = await round(300);
    const after = await round(300);
    console.log(JSON.stringify({ grown: (after.heap - before.heap) / before.heap, files: after.files - before.files }));
    await wire.close();`,
    {},
    ["--expose-gc", "--unhandled-rejections=strict"],
  );
  const { grown, files } = JSON.parse(stdout);
  expect(grown).toBeLessThan(0.1);
  expect(files).toBeLessThanOrEqual(0);
});
