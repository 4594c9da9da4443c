import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

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

/** The real `oidc-provider`, with clients for both methods and tokens that live for two seconds. */
export async function authorizationServer(
  secret: string,
): Promise<TestServer & { readonly asked: () => number; find(token: string): Promise<boolean> }> {
  const server = createServer();
  const { url, close } = await listen(server);
  const grant = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [], scope: "mlflow" };
  const provider = new Provider(url, {
    clients: [
      { client_id: "basic:client", client_secret: secret, token_endpoint_auth_method: "client_secret_basic", ...grant },
      { client_id: "post-client", client_secret: secret, token_endpoint_auth_method: "client_secret_post", ...grant },
    ],
    scopes: ["mlflow", "admin"],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    ttl: { ClientCredentials: 2 },
  });
  let asked = 0;
  const callback = provider.callback();
  server.on("request", (request, response) => {
    if (request.url === "/token") asked++;
    void callback(request, response);
  });
  return {
    url,
    close,
    asked: () => asked,
    find: async (token) => (await provider.ClientCredentials.find(token)) !== undefined,
  };
}
