/// <reference path="./oidc-provider.d.ts" />
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An OAuth 2 authorization server on loopback. */
export interface AuthorizationServer extends AsyncDisposable {
  /** The issuer. */
  readonly url: string;
  /** How often its token endpoint was asked. */
  asked(): number;
  /** Whether it issued this token, and the token is still good. */
  find(token: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Starts the real `oidc-provider`, with a client for each method of authentication, and tokens that live for two seconds. */
export async function authorizationServer(secret: string): Promise<AuthorizationServer> {
  const { default: Provider } = await import("oidc-provider");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url,
    close,
    [Symbol.asyncDispose]: close,
    asked: () => asked,
    find: async (token) => (await provider.ClientCredentials.find(token)) !== undefined,
  };
}
