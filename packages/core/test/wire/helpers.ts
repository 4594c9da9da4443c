import type { AddressInfo, Server, Socket } from "node:net";
import { afterEach } from "vitest";
import type { Environment } from "../../src/environment.ts";
import { createWire, type Wire, type WireOptions } from "../../src/wire/index.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs after the test, in reverse order. */
export function later(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface Listening {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** Connections now. */
  readonly open: number;
  readonly sockets: ReadonlySet<Socket>;
}

/** Starts a server on a free loopback port; it is closed, with its connections, after the test. */
export async function listen(server: Server, host = "127.0.0.1"): Promise<Listening> {
  let connections = 0;
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  later(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    sockets,
  };
}

export interface TestWire extends Wire {
  readonly warnings: string[];
  get(url: string, signal?: AbortSignal): ReturnType<Wire["send"]>;
}

/** A wire that is closed after the test. */
export function wire(options: Partial<WireOptions> & { env?: Environment } = {}): TestWire {
  const warnings: string[] = [];
  const made = createWire({
    env: {},
    timeoutMs: 5_000,
    log: { debug: () => {}, warn: (message) => void warnings.push(message) },
    ...options,
  });
  later(() => made.close());
  return {
    ...made,
    warnings,
    get: (url, signal) => made.send({ method: "GET", url: new URL(url), headers: {}, signal }),
  };
}

/** What a promise rejects with. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was thrown
export async function failure(promise: Promise<unknown>): Promise<any> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("did not fail");
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** By the event loop's own clock, so that a busy machine is not taken for a slow abort. */
export async function within100Ms<T>(promise: Promise<T>): Promise<T> {
  const late = sleep(100).then(() => Promise.reject(new Error("took more than 100 ms")));
  return Promise.race([promise, late]);
}

/** Waits until `holds`, at most two seconds. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (let left = 200; left > 0; left -= 1) {
    if (holds()) return true;
    await sleep(10);
  }
  return false;
}
