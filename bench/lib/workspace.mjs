import { createServer } from "node:http";

/** What a Databricks workspace answers to a service principal; `state` counts the questions and holds the lifetime. */
export async function startWorkspace(state) {
  const workspace = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const own = `http://${request.headers.host}`;
      const json = (value) =>
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
      if (request.url === "/.well-known/databricks-config") {
        state.metadata += 1;
        return json({ oidc_endpoint: `${own}/oidc`, host_type: "workspace" });
      }
      if (request.url.endsWith("/oauth-authorization-server")) {
        state.discovery += 1;
        return json({ token_endpoint: `${own}/oidc/v1/token`, authorization_endpoint: `${own}/oidc/v1/authorize` });
      }
      state.token += 1;
      json({ access_token: `t${state.token}`, token_type: "Bearer", expires_in: state.lifetime });
    });
  });
  await new Promise((resolve) => workspace.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${workspace.address().port}`;
}

// In a process of its own, for what is measured in nanoseconds.
if (process.send) {
  process.on("disconnect", () => process.exit());
  process.send(await startWorkspace({ metadata: 0, discovery: 0, token: 0, lifetime: 3600 }));
}
