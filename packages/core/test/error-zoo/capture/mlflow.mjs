import { basic, capture, folder, freePort, json, python, send, start, write } from "./tools.mjs";

const origin = "captured: mlflow 3.18.0 server --app-name basic-auth";
const admin = basic("admin", "admin-password-1234");
const bob = basic("bob", "bobs-password-1234");

async function server(name, ...more) {
  const port = await freePort();
  const ini = write(
    `${name}.ini`,
    `[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///${folder}/${name}-auth.db
admin_username = admin
admin_password = admin-password-1234
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
`,
  );
  const command = [
    ...[python, "-m", "mlflow", "server", "--app-name", "basic-auth", "--workers", "1"],
    ...["--host", "127.0.0.1", "--port", String(port), "--backend-store-uri", `sqlite:///${folder}/${name}.db`],
    ...["--artifacts-destination", `${folder}/${name}`, ...more],
  ];
  await start(command, port, {
    MLFLOW_AUTH_CONFIG_PATH: ini,
    MLFLOW_FLASK_SERVER_SECRET_KEY: "for the zoo",
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
    MLFLOW_DISABLE_TELEMETRY: "true",
  });
  return port;
}

export async function mlflow() {
  const port = await server("plain");
  const api = (name, path, more = {}) =>
    capture(`mlflow-${name}`, origin, { port, path: `/api/2.0/mlflow/${path}`, headers: admin, ...more });
  const post = (headers, content) => ({
    method: "POST",
    headers: { ...json, ...headers },
    body: typeof content === "string" ? content : JSON.stringify(content),
  });
  const created = await send({
    port,
    path: "/api/2.0/mlflow/users/create",
    ...post(admin, { username: "bob", password: "bobs-password-1234" }),
  });
  if (created.status !== 200) throw new Error(created.body);

  await api("401-no-credentials", "experiments/search?max_results=1", { headers: {} });
  await api("401-wrong-password", "experiments/search?max_results=1", { headers: basic("admin", "wrong") });
  await api("401-bearer", "experiments/search?max_results=1", { headers: { authorization: "Bearer wrong" } });
  await api("403-permission", "experiments/get?experiment_id=0", { headers: bob });
  await api("403-admin-only", "users/create", post(bob, { username: "eve", password: "eves-password-1234" }));
  await api("403-invalid-host", "experiments/search?max_results=1", {
    headers: { ...admin, host: "mlflow.example.com" },
  });
  await api(
    "403-cross-origin",
    "experiments/create",
    post({ ...admin, origin: "https://evil.example.com" }, { name: "x" }),
  );
  await api("404-experiment", "experiments/get?experiment_id=4711", {});
  await api("404-run", "runs/get?run_id=0123456789abcdef0123456789abcdef", {});
  await api("404-registered-model", "registered-models/get?name=none", {});
  await api("404-user", "users/get?username=nobody", {});
  await api("400-missing-parameter", "runs/get", {});
  await api("400-bad-filter", "runs/search", post(admin, { experiment_ids: ["0"], filter: "metrics.a >" }));
  await api("400-already-exists", "experiments/create", post(admin, { name: "Default" }));
  await api("400-malformed-json", "experiments/create", post(admin, "{"));
  await api("400-short-password", "users/create", post(admin, { username: "eve", password: "short" }));
  await api("400-content-type", "users/create", {
    method: "POST",
    headers: { ...admin, "content-type": "text/plain" },
    body: "{}",
  });
  await api("404-route", "no-such/route", {});
  await api("405-method", "runs/get", post(admin, {}));
  await api("500-workspace-header", "experiments/search?max_results=1", {
    headers: { ...admin, "x-mlflow-workspace": "team" },
  });
  await api("200-web-page", "", { path: "/" });
  const otlp = { ...json, "x-mlflow-experiment-id": "0" };
  const traces = { port, path: "/v1/traces", method: "POST", body: "{}" };
  await capture("mlflow-401-fastapi", origin, { ...traces, headers: otlp });
  await capture("mlflow-403-fastapi", origin, { ...traces, headers: { ...otlp, ...bob } });
  await capture("mlflow-422-fastapi", origin, { ...traces, headers: { ...json, ...admin } });
  await capture("mlflow-404-artifact", origin, {
    port,
    path: "/api/2.0/mlflow-artifacts/artifacts/0/none",
    headers: admin,
  });
  await capture("mlflow-501-presigned", origin, {
    port,
    path: "/api/2.0/mlflow-artifacts/presigned/0/none",
    headers: admin,
  });

  const prefixed = await server("team", "--static-prefix", "/team", "--enable-workspaces");
  const team = (name, path, headers) =>
    capture(`mlflow-${name}`, `${origin} --static-prefix /team --enable-workspaces`, { port: prefixed, path, headers });
  await team("404-without-prefix", "/api/2.0/mlflow/experiments/search?max_results=1", admin);
  await team("404-unknown-workspace", "/team/api/2.0/mlflow/experiments/search?max_results=1", {
    ...admin,
    "x-mlflow-workspace": "nowhere",
  });
  await team("400-bad-workspace", "/team/api/2.0/mlflow/experiments/search?max_results=1", {
    ...admin,
    "x-mlflow-workspace": "Not A Name",
  });
}
