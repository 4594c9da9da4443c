import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { checkOptions } from "@mlflow-kit/core/provider";
import { answer, createStore, type Reply, type Store } from "./engine/index.ts";
import { htmlPage } from "./engine/pages.ts";
import { createGate, type GateOptions } from "./gate.ts";

export interface MockServerOptions {
  /** What the server knows. Default: a new, empty store. */
  readonly store?: Store;
  /** Who may pass. Default: everybody. */
  readonly auth?: GateOptions;
  /** Where the server's paths begin, as `--static-prefix`: `"/team/mlflow"`. Default none. */
  readonly staticPrefix?: string;
  /** Default: one that is free. */
  readonly port?: number;
}

export interface MockServer extends AsyncDisposable {
  /** For `trackingUri`, with the prefix. */
  readonly url: URL;
  readonly store: Store;
  /** Ends the server and the connections to it. */
  close(): Promise<void>;
}

/** MLflow has no such limit; a test that needs more has run away. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Starts an embedded MLflow that answers HTTP on 127.0.0.1, for programs that are tested as they are.
 *
 * @example
 * await using server = await createMockServer({ auth: { basic: { alice: "correct horse" } } });
 *
 * @throws AuthError `ERR_OPTION` for an unknown option; Node's error when the port cannot be had.
 */
export async function createMockServer(options: MockServerOptions = {}): Promise<MockServer> {
  checkOptions(options, ["store", "auth", "staticPrefix", "port"], "mock");
  const store = options.store ?? createStore();
  const prefix = (options.staticPrefix ?? "").replace(/^\/*(?=.)/, "/").replace(/\/+$/, "");
  const gate = createGate(options.auth);

  // An import of node:http would cost those who only use mock() twenty milliseconds.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer((request, response) => {
    reply(request).then(
      (answered) => send(request, response, answered),
      () => response.destroy(),
    );
  });

  async function reply(request: IncomingMessage): Promise<Reply> {
    const body = await readBody(request);
    const [target = "", search = ""] = (request.url ?? "").split(/\?(.*)/s);
    const served = prefix === "" || target.startsWith(`${prefix}/`);
    const path = served ? target.slice(prefix.length) : target;
    const query = new URLSearchParams(search);
    const passed = gate({ path, query, authorization: request.headers.authorization });
    if ("reply" in passed) return passed.reply;
    if (!served) return htmlPage(404);
    const contentType = request.headers["content-type"];
    return answer(store, { method: request.method ?? "GET", path, query, contentType, body, users: passed.users });
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: new URL(`http://127.0.0.1:${port}${prefix}`), store, close, [Symbol.asyncDispose]: close };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new RangeError("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  const length = status === 204 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  response.end(request.method === "HEAD" || status === 204 ? undefined : body);
}
