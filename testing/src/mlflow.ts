import { type ChildServer, startChild } from "./child-server.ts";
import { freePort } from "./free-port.ts";
import { findMlflowPython } from "./programs.ts";
import { temporaryHome } from "./temporary-home.ts";

/** MLflow's permission levels. */
export type Permission = "READ" | "USE" | "EDIT" | "MANAGE" | "NO_PERMISSIONS";

/** How to start a real MLflow. */
export interface MlflowOptions {
  /** What a user may do with what nobody shared with them. Default `"READ"`, as MLflow's. */
  defaultPermission?: Permission;
  /** `--static-prefix`, such as `"/team/mlflow"`. */
  staticPrefix?: string;
  /** `--allowed-hosts`, a comma-separated list that replaces MLflow's own. */
  allowedHosts?: string;
  /** `--enable-workspaces`. */
  workspaces?: boolean;
  /**
   * How long the server remembers that a password was right, in seconds. Default 60, because checking one takes a
   * fifth of a second; 0 checks each time.
   */
  authCacheSeconds?: number;
}

/** A username and its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A real MLflow server with `--app-name basic-auth`, its own database and its own users. */
export interface MlflowServer extends ChildServer, AsyncDisposable {
  /** With the static prefix, without a trailing slash. */
  readonly url: URL;
  readonly admin: Login;
  /** Creates a user without administrator's rights. Passwords have at least 12 characters. */
  createUser(username: string, password: string): Promise<Login>;
  /** Creates an experiment as the administrator and returns its id. */
  createExperiment(name: string): Promise<string>;
  /** Gives a user a permission on an experiment, in place of the default. */
  permit(username: string, experimentId: string, permission: Permission): Promise<void>;
  /** One JSON call, by default as the administrator; `path` as in `"/api/2.0/mlflow/users/get"`. */
  call(method: string, path: string, body?: object, login?: Login): Promise<unknown>;
}

/**
 * Starts the pinned MLflow on a free loopback port; it takes some seconds.
 *
 * @throws Error when `npm run servers` has not installed it, or it does not start.
 */
export async function startMlflow(options: MlflowOptions = {}): Promise<MlflowServer> {
  const python = findMlflowPython();
  if (!python) throw new Error("MLflow is not installed: npm run servers");
  const admin = { username: "admin", password: "admin-password-1234" };
  const port = await freePort();
  const home = await temporaryHome();
  const base = `http://127.0.0.1:${port}${options.staticPrefix ?? ""}`;
  const configuration = await home.write(
    "auth.ini",
    `[mlflow]
default_permission = ${options.defaultPermission ?? "READ"}
database_uri = sqlite:///${home.path}/auth.db
admin_username = ${admin.username}
admin_password = ${admin.password}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = ${options.authCacheSeconds ?? 60}
`,
  );
  const child = await startChild({
    name: "MLflow",
    command: [
      python,
      ...["-m", "mlflow", "server", "--app-name", "basic-auth", "--workers", "1"],
      ...["--host", "127.0.0.1", "--port", String(port)],
      ...["--backend-store-uri", `sqlite:///${home.path}/mlflow.db`],
      ...["--artifacts-destination", `${home.path}/artifacts`],
      ...(options.staticPrefix ? ["--static-prefix", options.staticPrefix] : []),
      ...(options.allowedHosts ? ["--allowed-hosts", options.allowedHosts] : []),
      ...(options.workspaces ? ["--enable-workspaces"] : []),
    ],
    cwd: home.path,
    env: {
      ...withoutMlflowSettings(),
      MLFLOW_AUTH_CONFIG_PATH: configuration,
      MLFLOW_FLASK_SERVER_SECRET_KEY: "a secret key for tests",
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
    },
    isReady: async () => (await fetch(`${base}/health`)).status < 500,
    timeoutMs: 120_000,
  });

  const call: MlflowServer["call"] = async (method, path, body, login = admin) => {
    const credentials = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Basic ${credentials}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const close = async () => {
    await child.close();
    await home[Symbol.asyncDispose]();
  };
  return {
    url: new URL(base),
    admin,
    call,
    createUser: async (username, password) => {
      await call("POST", "/api/2.0/mlflow/users/create", { username, password });
      return { username, password };
    },
    createExperiment: async (name) => {
      const answer = (await call("POST", "/api/2.0/mlflow/experiments/create", { name })) as { experiment_id: string };
      return answer.experiment_id;
    },
    permit: async (username, experimentId, permission) => {
      const resource = { resource_type: "experiment", resource_id: experimentId };
      await call("POST", "/api/3.0/mlflow/users/permissions/grant", { username, permission, ...resource });
    },
    log: child.log,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A developer's own MLflow settings must not reach the server. */
function withoutMlflowSettings(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => /^_?MLFLOW_/.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
