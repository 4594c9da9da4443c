import { createServer } from "node:http";
import { capture } from "./tools.mjs";

export async function node() {
  const origin = `captured: Node ${process.versions.node} http server`;
  const server = createServer({ requestTimeout: 500, headersTimeout: 400, connectionsCheckingInterval: 100 }, () => {});
  const port = await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
  const headers = { authorization: `Bearer ${"x".repeat(70_000)}` };
  await capture("node-431-long-token", origin, { port, path: "/api/2.0/mlflow/experiments/search", headers });
  await capture("node-408-silence", origin, { port, method: "POST", path: "/api", headers: { "content-length": "5" } });
  server.closeAllConnections();
  server.close();
}
