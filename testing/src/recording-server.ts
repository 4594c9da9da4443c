import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** One request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Lower-case names; what came twice is joined as Node joins it. */
  readonly headers: IncomingMessage["headers"];
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A server that keeps what it was sent. */
export interface RecordingServer extends AsyncDisposable {
  readonly url: URL;
  readonly requests: readonly RecordedRequest[];
  /** How many connections were ever accepted. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Answers one request; an answer left open is the handler's own choice. */
export type Handler = (request: RecordedRequest, response: ServerResponse) => unknown;

/** Starts an HTTP server, or with `tls` an HTTPS one, on a free loopback port. */
export async function startServer(handler: Handler, options: { tls?: ServerOptions } = {}): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return;
    }
    const { method = "", url: path = "", headers, rawHeaders } = incoming;
    const request = { method, path, headers, rawHeaders, body: Buffer.concat(chunks) };
    requests.push(request);
    try {
      await handler(request, response);
    } catch (error) {
      response.statusCode = 599;
      response.end(String(error));
    }
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${options.tls ? "https" : "http"}://127.0.0.1:${port}`),
    requests,
    get connections() {
      return connections;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
