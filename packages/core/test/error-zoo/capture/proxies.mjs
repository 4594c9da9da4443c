import { capture, folder, freePort, start, write } from "./tools.mjs";

const path = "/api/2.0/mlflow/experiments/search?max_results=1";
const library = { LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH ?? "" };

export async function proxies() {
  await haproxy();
  await apache();
  await squid();
}

async function haproxy() {
  const [port, dead] = [await freePort(), await freePort()];
  const configuration = write(
    "haproxy.cfg",
    `defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
userlist people
  user alice insecure-password wonderland
frontend web
  bind 127.0.0.1:${port}
  http-request return status 200 if { path /health }
  http-request auth realm MLflow if { path_beg /password } !{ http_auth(people) }
  http-request deny if { path_beg /denied }
  use_backend nobody if { path_beg /nobody }
  default_backend dead
backend nobody
backend dead
  server one 127.0.0.1:${dead}
`,
  );
  await start(["haproxy", "-f", configuration], port, library);
  const ask = (name, prefix) => capture(`haproxy-${name}`, "captured: HAProxy 2.6", { port, path: `${prefix}${path}` });
  await ask("401-no-password", "/password");
  await ask("403-denied", "/denied");
  await ask("503-no-server", "/nobody");
}

async function apache() {
  const [port, dead] = [await freePort(), await freePort()];
  const modules = process.env.APACHE_MODULES ?? "/usr/lib/apache2/modules";
  const names = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "proxy",
    "proxy_http",
    "alias",
  ];
  write("apache-users", "alice:{SHA}nobody\n");
  const configuration = write(
    "apache.conf",
    `${names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join("\n")}
ServerRoot ${folder}
ServerName mlflow.example.com
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
ErrorLog /dev/null
Mutex posixsem
<Location /password>
  AuthType Basic
  AuthName MLflow
  AuthUserFile ${folder}/apache-users
  Require valid-user
</Location>
<Location /denied>
  Require all denied
</Location>
ProxyPass /dead http://127.0.0.1:${dead}
`,
  );
  await start(["apache2", "-f", configuration, "-DFOREGROUND"], port, library);
  const ask = (name, prefix) =>
    capture(`apache-${name}`, "captured: Apache httpd 2.4", { port, path: `${prefix}${path}` });
  await ask("401-no-password", "/password");
  await ask("403-denied", "/denied");
  await ask("503-dead-upstream", "/dead");
}

async function squid() {
  const [port, dead] = [await freePort(), await freePort()];
  const shared = process.env.SQUID_SHARED ?? "/usr/share/squid";
  const configuration = write(
    "squid.conf",
    `http_port 127.0.0.1:${port}
pid_filename none
cache_log /dev/null
access_log none
error_directory ${shared}/errors/templates
mime_table ${shared}/mime.conf
icon_directory ${shared}/icons
auth_param basic program /bin/cat
auth_param basic realm proxy
acl people proxy_auth REQUIRED
acl free url_regex free
acl forbidden url_regex forbidden
http_access allow free
http_access deny forbidden
http_access allow people
http_access deny all
pinger_enable off
unlinkd_program /bin/cat
logfile_daemon /bin/cat
memory_cache_shared off
netdb_filename none
`,
  );
  await start(["squid", "-N", "-f", configuration], port, library);
  const ask = (name, prefix) =>
    capture(`squid-${name}`, "captured: Squid 5.7", { port, path: `http://127.0.0.1:${dead}/${prefix}${path}` });
  await ask("407-no-password", "mlflow");
  await ask("403-denied", "forbidden");
  await ask("503-dead-upstream", "free");
}
