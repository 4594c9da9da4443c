import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on loopback that is closed with its connections. */
export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A request with its body. */
export type Handler = (request: IncomingMessage & { readonly text: string }, response: ServerResponse) => void;

/** A token endpoint that answers what it is told to. */
export function fakeEndpoint(handler: Handler): Promise<TestServer> {
  return listen(
    createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      handler(Object.assign(request, { text }), response);
    }),
  );
}
