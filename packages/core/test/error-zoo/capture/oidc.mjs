import { createServer } from "node:http";
import { createRequire } from "node:module";
import { capture, freePort } from "./tools.mjs";

export async function oidc() {
  const require = createRequire(new URL("../../../../auth-token/package.json", import.meta.url));
  const { default: Provider } = await import(require.resolve("oidc-provider"));
  const port = await freePort();
  const client = { client_id: "mlflow", client_secret: "secret", redirect_uris: ["http://127.0.0.1/callback"] };
  const provider = new Provider(`http://127.0.0.1:${port}`, { clients: [client], pkce: { required: () => false } });
  const server = createServer(provider.callback());
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const ask = (name, path, more) => capture(`oidc-${name}`, "captured: npm oidc-provider 9", { port, path, ...more });
  const question = "client_id=mlflow&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback";
  const redirect = await ask("303-to-login", `/auth?${question}`);
  const cookie = redirect.headers["set-cookie"].map((one) => one.split(";")[0]).join("; ");
  await ask("200-login-page", redirect.headers.location, { headers: { cookie } });
  await ask("401-user-info", "/me", { headers: { authorization: "Bearer wrong" } });
  await ask("400-error-page", "/auth?client_id=nobody");
  server.closeAllConnections();
  server.close();
}
