import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  anonymous,
  type ClientOptions,
  chain,
  combine,
  createClient,
  gatewayHeaders,
  HttpAuthError,
  type MlflowError,
  RestError,
  TimeoutError,
} from "../src/index.ts";
import { json, serve } from "./serve.ts";

const quick = { maxRetries: 3, backoffFactor: 0.001, jitter: 0.001 };

function make(options: ClientOptions) {
  const warnings: string[] = [];
  const lines: string[] = [];
  const client = createClient({
    env: {},
    homeDir: "/nonexistent",
    retry: quick,
    log: { warn: (line) => warnings.push(line), debug: (line) => lines.push(line) },
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, warnings, lines };
}

/** A bearer whose token is loaded; `tokens` are given out in order, the last one for ever. */
function loaded(tokens: string[], state = { loads: 0 }): AuthProvider & { state: typeof state } {
  return {
    name: "loaded",
    state,
    resolve: () => ({
      source: "test",
      load: () => {
        const token = tokens[Math.min(state.loads++, tokens.length - 1)];
        return { authorize: ({ headers }) => void (headers.authorization = `Bearer ${token}`) };
      },
    }),
  };
}

const fixed = (token: string): AuthProvider => ({
  name: "fixed",
  resolve: () => ({ source: "test", authorize: ({ headers }) => void (headers.authorization = `Bearer ${token}`) }),
});

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error as MlflowError,
  );

describe("a request", () => {
  test("carries defaults, workspace, credentials, and JSON", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, { run: { info: { run_id: "r" } } }));
    const { client } = make({ trackingUri: `${origin}/mlflow`, auth: fixed("t"), workspace: "team" });
    const answer = await client.request("POST mlflow/runs/create", { experiment_id: "0" });
    expect(answer.run.info.run_id).toBe("r");
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/mlflow/api/2.0/mlflow/runs/create",
      body: '{"experiment_id":"0"}',
    });
    expect(seen[0]?.headers).toMatchObject({
      authorization: "Bearer t",
      "x-mlflow-workspace": "team",
      "content-type": "application/json",
      "user-agent": expect.stringMatching(/^mlflow-kit\//),
      "x-mlflow-client-version": expect.stringMatching(/^\d/),
    });
    expect(seen[0]?.headers).not.toHaveProperty("origin");
  });

  test("a GET puts its parameters into the query", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, { experiment: {} }));
    const { client } = make({ trackingUri: origin });
    await client.request("GET mlflow/experiments/get-by-name", { experiment_name: "a b&c=d/é" });
    expect(new URL(seen[0]?.url ?? "", origin).searchParams.get("experiment_name")).toBe("a b&c=d/é");
    expect(seen[0]?.headers).not.toHaveProperty("authorization");
  });

  test("the caller's headers are sent, and a member overwrites them", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    const { client } = make({ trackingUri: origin, auth: fixed("t"), headers: { "x-default": "1" } });
    await client.request(
      "GET mlflow/experiments/get",
      { experiment_id: "0" },
      { headers: { "X-Mine": "2", Authorization: "Bearer mine" } },
    );
    expect(seen[0]?.headers).toMatchObject({ "x-default": "1", "x-mine": "2", authorization: "Bearer t" });
    expect(seen[0]?.rawHeaders.filter((name) => name.toLowerCase() === "authorization")).toHaveLength(1);
  });

  test.each([
    "//evil.example/x",
    "https://evil.example/x",
    "GET //evil.example/x",
    "GET https://evil.example/x",
    "GET mlflow/../../../x",
    "GET mlflow/%2e%2e/x",
    "GET a\\b",
    "GET a\r\nb",
  ])("I21 I22 the route %j is refused", async (route) => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    const { client } = make({ trackingUri: `${origin}/base`, auth: fixed("t") });
    expect(await rejection(client.request(route))).toMatchObject({ code: "ERR_ROUTE" });
    expect(seen).toEqual([]);
  });
});

describe("options", () => {
  test.each([
    [{ trackingURI: "http://h" }, 'createClient: there is no option "trackingURI"'],
    [{ password: "SENTINEL" }, 'createClient: there is no option "password"'],
    [{ tls: { rejectUnauthorized: false } }, 'createClient, tls: there is no option "rejectUnauthorized"'],
    [{ tls: false }, "createClient, tls: the options are no object"],
    [{ retry: 3 }, "createClient, retry: the options are no object"],
    [{ retry: { retries: 3 } }, 'createClient, retry: there is no option "retries"'],
    ["http://h", "createClient: the options are no object"],
    [null, "createClient: the options are no object"],
    [{ log: () => {} }, "createClient: log is no logger"],
  ])("C08 %j is an error, not a client that sends nothing", (options, message) => {
    expect(() => createClient(options as ClientOptions)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message }),
    );
  });

  test("a registry's address is blamed on the option that gave it", () => {
    expect(() => make({ registryUri: "./mlruns" })).toThrow(/^registryUri is a path/);
    expect(() => make({ env: { MLFLOW_REGISTRY_URI: "./mlruns" } })).toThrow(/^MLFLOW_REGISTRY_URI is a path/);
  });

  test("a header without a value is told from one that HTTP cannot carry", () => {
    const headers = { "x-key": undefined as unknown as string };
    expect(() => make({ headers })).toThrow("headers: the value of the header x-key is undefined");
    expect(() => gatewayHeaders(headers)).toThrow("gateway-headers: the value of the header x-key is undefined");
  });
});

describe("selection", () => {
  test("happens once, for any number of calls", async () => {
    let resolved = 0;
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    const auth: AuthProvider = {
      name: "counted",
      resolve: () => ({ source: String(++resolved), authorize: () => {} }),
    };
    const { client } = make({ trackingUri: origin, auth });
    await Promise.all(
      Array.from({ length: 10 }, () => client.request("GET mlflow/experiments/get", { experiment_id: "0" })),
    );
    expect([resolved, seen.length]).toEqual([1, 10]);
  });

  test("a failed one is not kept", async () => {
    let attempts = 0;
    const { origin } = await serve((_, response) => json(response, 200, {}));
    const auth: AuthProvider = {
      name: "moody",
      resolve: () => {
        if (++attempts === 1) throw new Error("not yet");
        return { source: "x" };
      },
    };
    const { client } = make({ trackingUri: origin, auth });
    expect(await rejection(client.validate())).toMatchObject({ code: "ERR_AUTH_PROVIDER" });
    await client.validate();
  });

  test("nothing resolved: every provider and its reason are listed", async () => {
    const none: AuthProvider = { name: "none", resolve: ({ skip }) => skip("NONE is not set") };
    const { client } = make({ trackingUri: "http://127.0.0.1:9", auth: [none, { ...none, name: "nil" }] });
    const error = await rejection(client.validate());
    expect(error.code).toBe("ERR_AUTH_UNAVAILABLE");
    expect(error.message).toContain("none: NONE is not set; nil: NONE is not set");
  });

  test("no auth: a 401 names the variables that no provider reads", async () => {
    const { origin } = await serve((_, response) => json(response, 401, {}));
    const { client } = make({ trackingUri: origin, env: { MLFLOW_TRACKING_TOKEN: "SENTINEL-token" } });
    const error = await rejection(client.validate());
    expect(error).toBeInstanceOf(HttpAuthError);
    expect(`${error.hint} ${error.remedies}`).toContain(
      "MLFLOW_TRACKING_TOKEN is set; install @mlflow-kit/auth-token and pass token()",
    );
    expect(inspect(error, { showHidden: true })).not.toContain("SENTINEL");
  });

  test("U01 userinfo that nobody takes is an error", async () => {
    const { client } = make({ trackingUri: "http://u:SENTINEL@127.0.0.1:9", auth: fixed("t") });
    const error = await rejection(client.validate());
    expect(error.code).toBe("ERR_AUTH_UNAVAILABLE");
    expect(inspect(error, { showHidden: true })).not.toContain("SENTINEL");
  });

  test("no tracking URI, and nothing that replaces it", async () => {
    expect(await rejection(make({ auth: fixed("t") }).client.validate())).toMatchObject({ code: "ERR_TRACKING_URI" });
  });

  test("the registry has its own selection of the same chain", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    const registry = await serve((_, response) => json(response, 200, {}));
    const uris: (string | undefined)[] = [];
    const auth: AuthProvider = {
      name: "spy",
      resolve: ({ trackingUri }) => {
        uris.push(trackingUri);
        return { source: "x", authorize: ({ headers }) => void (headers.authorization = `Bearer ${uris.length}`) };
      },
    };
    const { client } = make({ trackingUri: origin, registryUri: registry.origin, auth });
    await client.request("GET mlflow/experiments/get", { experiment_id: "0" });
    await client.request("POST mlflow/registered-models/create", { name: "m" });
    expect(uris).toEqual([origin, registry.origin]);
    expect([seen.length, registry.seen.length]).toEqual([1, 1]);
  });

  test("C09 what is also set is said once", async () => {
    const { origin } = await serve((_, response) => json(response, 200, {}));
    const also: AuthProvider = { name: "basic", resolve: () => ({ source: "MLFLOW_TRACKING_USERNAME" }) };
    const { client, warnings } = make({ trackingUri: origin, auth: chain(fixed("t"), also, anonymous()) });
    await client.validate();
    await client.validate();
    expect(warnings).toEqual(["MLFLOW_TRACKING_USERNAME is also set (basic); fixed is used"]);
  });

  test("explain() tells of every provider, without network", async () => {
    const broken: AuthProvider = { name: "broken", resolve: () => Promise.reject(new Error("half")) };
    const none: AuthProvider = { name: "none", resolve: ({ skip }) => skip("NONE is not set") };
    const { client } = make({
      trackingUri: "http://127.0.0.1:9/p",
      auth: chain(none, fixed("t"), broken),
      env: { DATABRICKS_HOST: "h" },
    });
    expect(await client.explain()).toEqual({
      trackingUri: "http://127.0.0.1:9/p",
      baseUrl: "http://127.0.0.1:9/p",
      registryUri: undefined,
      transport: undefined,
      providers: [
        { name: "none", outcome: "skipped", reason: "NONE is not set" },
        { name: "fixed", outcome: "selected", source: "test", details: undefined },
        { name: "broken", outcome: "broken", reason: "broken: half" },
      ],
      registry: undefined,
      unread: [expect.stringContaining("DATABRICKS_HOST")],
      error: undefined,
    });
  });
});

describe("a refusal", () => {
  test("T06 a 401 renews, and the request is sent once more", async () => {
    const { origin, seen } = await serve(({ headers }, response) =>
      headers.authorization === "Bearer new" ? json(response, 200, { ok: true }) : json(response, 401, {}),
    );
    const auth = loaded(["old", "new"]);
    const { client } = make({ trackingUri: origin, auth });
    await client.request("POST mlflow/runs/create", { experiment_id: "0" });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
    expect(seen[1]?.body).toBe(seen[0]?.body);
    expect(auth.state.loads).toBe(2);
  });

  test("T07 a permanent 401 costs two requests at most", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 401, {}));
    const { client } = make({ trackingUri: origin, auth: loaded(["a", "b", "c"]) });
    expect(await rejection(client.validate())).toMatchObject({ code: "ERR_HTTP_UNAUTHENTICATED", status: 401 });
    expect(seen).toHaveLength(2);
  });

  test("T05 the same token after a 401 is not sent again", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 401, {}));
    const { client } = make({ trackingUri: origin, auth: loaded(["same"]) });
    await rejection(client.validate());
    expect(seen).toHaveLength(1);
  });

  test("T08 a 403 costs one request and no load", async () => {
    const { origin, seen } = await serve((_, response) =>
      response.writeHead(403, { "content-type": "text/html" }).end("Permission denied"),
    );
    const auth = loaded(["a", "b"]);
    const { client } = make({ trackingUri: origin, auth });
    expect(await rejection(client.validate())).toMatchObject({
      code: "ERR_HTTP_FORBIDDEN",
      message: "MLflow authentication error (HTTP 403): Access forbidden",
    });
    expect([seen.length, auth.state.loads]).toEqual([1, 1]);
  });

  test("T10 a static credential that is refused costs one request", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 401, {}));
    const { client } = make({ trackingUri: origin, auth: fixed("t") });
    await rejection(client.validate());
    expect(seen).toHaveLength(1);
  });

  test("T09 ten parallel refusals make one load", async () => {
    const { origin } = await serve(({ headers }, response) =>
      headers.authorization === "Bearer new" ? json(response, 200, {}) : json(response, 401, {}),
    );
    const auth = loaded(["old", "new", "newer"]);
    const { client } = make({ trackingUri: origin, auth });
    await Promise.all(Array.from({ length: 10 }, () => client.validate()));
    expect(auth.state.loads).toBe(2);
  });

  test("a neighbour is not touched", async () => {
    const { origin, seen } = await serve(({ headers }, response) =>
      headers.authorization === "Bearer new" ? json(response, 200, {}) : json(response, 401, {}),
    );
    let neighbour = 0;
    const auth = combine(loaded(["old", "new"]), {
      name: "n",
      resolve: () => ({ source: String(++neighbour), authorize: ({ headers }) => void (headers["x-n"] = "1") }),
    });
    const { client } = make({ trackingUri: origin, auth });
    await client.validate();
    expect(neighbour).toBe(1);
    expect(seen.every(({ headers }) => headers["x-n"] === "1")).toBe(true);
  });

  test("R14 a body that can be read once is not sent again", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 401, {}));
    const { client } = make({ trackingUri: origin, auth: loaded(["a", "b"]) });
    async function* once() {
      yield Buffer.from("x");
    }
    await rejection(client.request("PUT mlflow-artifacts/artifacts/x", {}, { body: once() }));
    expect(seen).toHaveLength(1);
  });
});

describe("retries", () => {
  test.each([408, 429, 500, 502, 503, 504])("R03 a GET is tried again after %d", async (status) => {
    const { origin, seen } = await serve((_, response, index) => json(response, index < 2 ? status : 200, {}));
    await make({ trackingUri: origin }).client.validate();
    expect(seen).toHaveLength(3);
  });

  test("R16 what creates something is not repeated after a 500, and the server's words are kept", async () => {
    const { origin, seen } = await serve((_, response) =>
      json(response, 500, { error_code: "INTERNAL_ERROR", message: "disk on fire" }),
    );
    const error = await rejection(
      make({ trackingUri: origin }).client.request("POST mlflow/runs/create", { experiment_id: "0" }),
    );
    expect(error).toBeInstanceOf(RestError);
    expect(error.message).toContain("disk on fire");
    expect(seen).toHaveLength(1);
  });

  test("R16 but it is after a 429, which says that nothing was done", async () => {
    const { origin, seen } = await serve((_, response, index) => json(response, index === 0 ? 429 : 200, {}));
    await make({ trackingUri: origin }).client.request("POST mlflow/runs/create", { experiment_id: "0" });
    expect(seen).toHaveLength(2);
  });

  test("FEATURE_DISABLED is a 500 that is never tried again", async () => {
    const { origin, seen } = await serve((_, response) =>
      json(response, 500, { error_code: "FEATURE_DISABLED", message: "workspaces" }),
    );
    await rejection(make({ trackingUri: origin, workspace: "w" }).client.validate());
    expect(seen).toHaveLength(1);
  });

  test("the budget is kept, and the last body is in the error", async () => {
    const { origin, seen } = await serve((_, response, index) =>
      json(response, 503, { error_code: "TEMPORARILY_UNAVAILABLE", message: `try ${index}` }),
    );
    const error = await rejection(make({ trackingUri: origin }).client.validate());
    expect(seen).toHaveLength(4);
    expect(error.message).toContain("try 3");
  });

  test("S08 every attempt is authorised afresh", async () => {
    let n = 0;
    const { origin, seen } = await serve((_, response, index) => json(response, index < 1 ? 503 : 200, {}));
    const auth: AuthProvider = {
      name: "dated",
      resolve: () => ({ source: "x", authorize: ({ headers }) => void (headers["x-n"] = String(++n)) }),
    };
    await make({ trackingUri: origin, auth }).client.validate();
    expect(seen.map(({ headers }) => headers["x-n"])).toEqual(["1", "2"]);
  });

  test("R15 the deadline bounds the call with its waits", async () => {
    const { origin } = await serve((_, response) => json(response, 503, {}, { "retry-after": "60" }));
    const { client } = make({ trackingUri: origin, deadlineMs: 200 });
    expect(await rejection(client.validate())).toBeInstanceOf(TimeoutError);
  });

  test("R15 an abort is heeded during the wait", async () => {
    const { origin } = await serve((_, response) => json(response, 503, {}, { "retry-after": "60" }));
    const controller = new AbortController();
    const { client } = make({ trackingUri: origin });
    const call = client.validate({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 100);
    await expect(call).rejects.toThrow("enough");
  });
});

describe("origin", () => {
  test.each([301, 302, 303, 307, 308])("U08 U13 %d to another origin: a GET follows bare", async (status) => {
    const attacker = await serve((_, response) => json(response, 200, { experiment: {} }));
    const { origin } = await serve((_, response) =>
      response.writeHead(status, { location: `${attacker.origin}/x` }).end(),
    );
    const auth = combine(
      fixed("SENTINEL"),
      gatewayHeaders({ "x-amz-security-token": "SENTINEL", "x-api-key": "SENTINEL" }),
    );
    const { client } = make({ trackingUri: origin, auth, headers: { cookie: "SENTINEL" }, workspace: "SENTINEL" });
    await client.request("GET mlflow/experiments/get", { experiment_id: "0" });
    expect(attacker.seen).toHaveLength(1);
    expect(JSON.stringify(attacker.seen)).not.toContain("SENTINEL");
  });

  test.each([301, 302, 303])("U10 %d of a POST is an error", async (status) => {
    const { origin, seen } = await serve((_, response) => response.writeHead(status, { location: "/elsewhere" }).end());
    const error = await rejection(
      make({ trackingUri: origin }).client.request("POST mlflow/runs/create", { experiment_id: "0" }),
    );
    expect(error).toMatchObject({ code: "ERR_REDIRECT", status });
    expect(seen).toHaveLength(1);
  });

  test.each([307, 308])("U11 %d of a POST on the same origin is sent again, authorised", async (status) => {
    const { origin, seen } = await serve(({ url }, response) =>
      url === "/there" ? json(response, 200, {}) : response.writeHead(status, { location: "/there" }).end(),
    );
    await make({ trackingUri: origin, auth: fixed("t") }).client.request("POST mlflow/runs/create", {
      experiment_id: "0",
    });
    expect(seen[1]).toMatchObject({ method: "POST", url: "/there", body: seen[0]?.body });
    expect(seen[1]?.headers.authorization).toBe("Bearer t");
  });

  test.each(["https://u:SENTINEL@127.0.0.1/", "javascript:alert(1)", "http://[bad", "ftp://h/"])(
    "U12 a Location of %s is an error",
    async (location) => {
      const { origin } = await serve((_, response) => response.writeHead(302, { location }).end());
      const error = await rejection(make({ trackingUri: origin }).client.validate());
      expect(error.code).toBe("ERR_REDIRECT");
      expect(inspect(error)).not.toContain("SENTINEL");
    },
  );

  test("U12 a circle ends", async () => {
    const { origin, seen } = await serve((_, response) => response.writeHead(302, { location: "/again" }).end());
    expect(await rejection(make({ trackingUri: origin }).client.validate())).toMatchObject({ code: "ERR_REDIRECT" });
    expect(seen.length).toBeLessThanOrEqual(6);
  });

  test("U05 a secret over plain http beyond this machine is warned about once", async () => {
    const { client, warnings } = make({ trackingUri: "http://mlflow.invalid", auth: fixed("t"), retry: false });
    await client.headers();
    await client.headers();
    expect(warnings).toEqual(["fixed: credentials go to http://mlflow.invalid over plain http"]);
  });

  test("U14 cookies of the server are not kept", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}, { "set-cookie": "session=1" }));
    const { client } = make({ trackingUri: origin });
    await client.validate();
    await client.validate();
    expect(seen[1]?.headers).not.toHaveProperty("cookie");
  });
});

describe("values", () => {
  test("integers beyond 2^53 come back exact", async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"metrics":[{"key":"m","value":1.5,"timestamp":9007199254740993,"step":0}]}');
    });
    const { metrics } = await make({ trackingUri: origin }).client.request("GET mlflow/metrics/get-history", {
      run_id: "r",
      metric_key: "m",
    });
    expect(metrics?.[0]?.timestamp).toBe(9007199254740993n);
  });
});

describe("closing", () => {
  test("calls after close() are told", async () => {
    const { client } = make({ trackingUri: "http://127.0.0.1:9" });
    await client.close();
    expect(await rejection(client.validate())).toMatchObject({ code: "ERR_CLOSED" });
  });

  test("a call under way ends", async () => {
    const { origin } = await serve(() => {});
    const { client } = make({ trackingUri: origin });
    const call = rejection(client.validate());
    setTimeout(() => client.close(), 50);
    expect(await call).toMatchObject({ code: "ERR_CLOSED" });
  });
});

describe("providers that never settle, and signals", () => {
  const never = () => new Promise<never>(() => {});
  const refuse = () => serve((_, response) => json(response, 401, {}));
  const resolved = (auth: object): AuthProvider => ({ name: "stuck", resolve: () => ({ source: "test", ...auth }) });
  const stuck: [string, AuthProvider][] = [
    ["resolve", { name: "stuck", resolve: never }],
    ["authorize", resolved({ authorize: never })],
    ["recover", resolved({ recover: never })],
  ];

  test.each(stuck)("T26 the deadline ends a call whose %s never settles", async (_, auth) => {
    const { origin } = await refuse();
    const { client } = make({ trackingUri: origin, auth, deadlineMs: 100 });
    await expect(client.request("GET /x")).rejects.toMatchObject({ code: "ERR_TIMEOUT" });
    await expect(client.fetch("/x")).rejects.toMatchObject({ code: "ERR_TIMEOUT" });
  });

  test.each(stuck)("R15 an abort and close() end a call whose %s never settles", async (_, auth) => {
    const { origin } = await refuse();
    const { client } = make({ trackingUri: origin, auth });
    const signal = AbortSignal.timeout(50);
    await expect(client.fetch("/x", { signal })).rejects.toMatchObject({ name: "TimeoutError", code: 23 });
    const closed = expect(client.request("GET /x")).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await client.close();
    await closed;
  });

  test("T27 a provider that uses its own client while it is resolved ends with the deadline", async () => {
    const { origin } = await refuse();
    const auth: AuthProvider = {
      name: "reentrant",
      async resolve() {
        await client.request("GET /x");
        return undefined;
      },
    };
    const { client } = make({ trackingUri: origin, auth, deadlineMs: 100 });
    await expect(client.request("GET /x")).rejects.toMatchObject({ code: "ERR_TIMEOUT" });
  });

  test("a signal that has aborted before the client is made ends its calls", async () => {
    const { origin, seen } = await refuse();
    const { client } = make({ trackingUri: origin, signal: AbortSignal.abort("over") });
    await expect(client.request("GET /x")).rejects.toBe("over");
    expect(seen).toEqual([]);
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 31, Number.NaN, -1])(
    "a deadlineMs of %s is an error",
    async (deadlineMs) => {
      const { origin } = await refuse();
      const { client } = make({ trackingUri: origin });
      await expect(client.request("GET /x", {}, { deadlineMs })).rejects.toMatchObject({ code: "ERR_OPTION" });
    },
  );

  test("every close() waits for the end", async () => {
    const { origin } = await serve((_, response) => json(response, 200, {}));
    let disposed = false;
    const auth = resolved({
      [Symbol.asyncDispose]: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        disposed = true;
      },
    });
    const { client } = make({ trackingUri: origin, auth });
    await client.request("GET /x");
    void client.close();
    await client.close();
    expect(disposed).toBe(true);
  });

  test.each(["expiresAt", "refreshAt"])("T26 an %s that is no Date is an error of the family", async (name) => {
    const { origin } = await refuse();
    const { client } = make({
      trackingUri: origin,
      auth: resolved({ load: () => ({ authorize() {}, [name]: 1e12 }) }),
    });
    await expect(client.request("GET /x")).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
  });
});
