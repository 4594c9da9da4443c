import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { basic, capture, folder, freePort, send, start, write } from "./tools.mjs";

export async function nginx() {
  const version = /nginx\/[\d.]+/.exec(String(spawnSync("nginx", ["-v"]).stderr))?.[0];
  const origin = `captured: ${version}`;
  for (const name of ["server", "stranger"]) {
    const subject = ["-subj", `/CN=${name}`, "-days", "2", "-nodes", "-newkey", "rsa:2048"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-keyout", `${folder}/${name}.key`, "-out", `${folder}/${name}.pem`, ...subject],
      { stdio: "ignore" },
    );
  }
  const [port, tlsPort, deadPort, silentPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const silent = createServer(() => {})
    .listen(silentPort, "127.0.0.1")
    .unref();
  write("htpasswd", "alice:{PLAIN}wonderland\n");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const configuration = write(
    "nginx.conf",
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr; ${process.getuid() === 0 ? "user root;" : ""}
events {}
http {
  access_log off; ${temporary.join(" ")}
  limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;
  server {
    listen 127.0.0.1:${port};
    large_client_header_buffers 2 2k;
    location = /health { return 200; }
    location /password { auth_basic "MLflow"; auth_basic_user_file ${folder}/htpasswd; }
    location /denied { deny all; }
    location /small { client_max_body_size 10; proxy_pass http://127.0.0.1:${deadPort}; }
    location /dead { proxy_pass http://127.0.0.1:${deadPort}; }
    location /hang { proxy_read_timeout 1s; proxy_pass http://127.0.0.1:${silentPort}; }
    location /busy { limit_req zone=slow; limit_req_status 429; proxy_pass http://127.0.0.1:${deadPort}; }
    location /maintenance { return 503; }
    location /sso { return 302 https://login.example.com/oauth2/authorize?client_id=mlflow&redirect_uri=https%3A%2F%2Fmlflow.example.com; }
    location /moved { return 301 https://mlflow.example.com/moved; }
  }
  server {
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${folder}/server.pem; ssl_certificate_key ${folder}/server.key;
    ssl_client_certificate ${folder}/server.pem; ssl_verify_client on;
  }
}
`,
  );
  await start(["nginx", "-p", folder, "-e", "stderr", "-c", configuration], port);
  const ask = (name, path, more = {}) => capture(`nginx-${name}`, origin, { port, path, ...more });
  await ask("401-no-password", "/password/api/2.0/mlflow/experiments/search");
  await ask("401-wrong-password", "/password/api/2.0/mlflow/experiments/search", { headers: basic("alice", "wrong") });
  await ask("403-denied", "/denied/api/2.0/mlflow/experiments/search");
  await ask("404-no-such-page", "/api/2.0/mlflow/experiments/search");
  await ask("413-too-large", "/small/api/2.0/mlflow/runs/log-batch", { method: "POST", body: "x".repeat(100) });
  await ask("400-header-too-large", "/api", { headers: { authorization: `Bearer ${"x".repeat(5000)}` } });
  await ask("502-dead-upstream", "/dead/api/2.0/mlflow/experiments/search");
  await ask("504-slow-upstream", "/hang/api/2.0/mlflow/experiments/search");
  await send({ port, path: "/busy/first" });
  await ask("429-limit", "/busy/api/2.0/mlflow/experiments/search");
  await ask("503-maintenance", "/maintenance/api/2.0/mlflow/experiments/search");
  await ask("302-single-sign-on", "/sso/api/2.0/mlflow/experiments/search");
  await ask("301-https", "/moved/api/2.0/mlflow/runs/create", { method: "POST", body: "{}" });
  const stranger = { cert: readFileSync(`${folder}/stranger.pem`), key: readFileSync(`${folder}/stranger.key`) };
  const tls = (name, identity) =>
    capture(`nginx-${name}`, origin, { port: tlsPort, path: "/api/2.0/mlflow/experiments/search", tls: identity });
  await tls("400-no-certificate", {});
  await tls("400-wrong-certificate", stranger);
  await capture("nginx-400-http-to-https", origin, { port: tlsPort, path: "/api/2.0/mlflow/experiments/search" });
  silent.close();
}
