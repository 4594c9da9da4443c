import { fork } from "node:child_process";

const built = (name) => new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href;

export const { createClient, chain, combine, gatewayHeaders } = await import(built("core"));
export const { basic } = await import(built("auth-basic"));
export const { token } = await import(built("auth-token"));
export const { sigv4 } = await import(built("auth-sigv4"));
export const { databricks } = await import(built("auth-databricks"));

/** Starts the counterpart and gives its address; it ends with this process. */
export async function startServer() {
  const child = fork(new URL("server.mjs", import.meta.url), { stdio: "inherit" });
  const { port } = await new Promise((resolve) => child.once("message", resolve));
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}
