import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  anonymous,
  type ClientOptions,
  ConnectionError,
  combine,
  createClient,
  gatewayHeaders,
  type HttpRequest,
  type Transport,
} from "../src/index.ts";
import { json, serve } from "./serve.ts";

const quick = { maxRetries: 2, backoffFactor: 0.001, jitter: 0.001 };

function make(options: ClientOptions) {
  const lines: string[] = [];
  const log = { warn: (line: string) => void lines.push(line), debug: (line: string) => void lines.push(line) };
  const client = createClient({ env: {}, homeDir: "/nonexistent", retry: quick, log, ...options });
  onTestFinished(() => client.close());
  return { client, lines };
}

const fixed: AuthProvider = {
  name: "fixed",
  resolve: () => ({ source: "test", authorize: ({ headers }) => void (headers.authorization = "Bearer SENTINEL") }),
};

describe("a transport", () => {
  test("sees each call once, before credentials and after retries, and is closed", async () => {
    const { origin, seen } = await serve((_, response, index) => json(response, index < 2 ? 503 : 200, {}));
    const calls: [HttpRequest, number][] = [];
    let closed = 0;
    const transport: Transport = {
      name: "spy",
      mode: "looking",
      wrap: (next) => async (request) => {
        const copy = { ...request, headers: { ...request.headers } };
        const response = await next(request);
        calls.push([copy, response.status]);
        return response;
      },
      close: () => void (closed += 1),
    };
    const { client } = make({ trackingUri: origin, auth: fixed, transport });
    await client.validate();
    expect(seen).toHaveLength(3);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.[0].headers).not.toHaveProperty("authorization");
    expect(calls[0]?.[1]).toBe(200);
    expect((await client.explain()).transport).toEqual({ name: "spy", mode: "looking" });
    await client.close();
    await client.close();
    expect(closed).toBe(1);
  });

  test("may send what it made itself, later", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    const transport: Transport = {
      name: "replay",
      wrap:
        (next) =>
        ({ method, url, headers, body }) =>
          next({ method, url, headers: { ...headers }, body }),
    };
    await make({ trackingUri: origin, auth: fixed, transport }).client.request("POST mlflow/runs/create", {
      experiment_id: "0",
    });
    expect(seen[0]).toMatchObject({ body: '{"experiment_id":"0"}', headers: { authorization: "Bearer SENTINEL" } });
  });
});

describe("a registry", () => {
  test("databricks-uc is asked below unity-catalog, and only for the registry", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    const uris: unknown[] = [];
    const workspace: AuthProvider = {
      name: "workspace",
      resolve: ({ trackingUri }) => {
        uris.push(trackingUri);
        return { source: "test", baseUrl: new URL(origin) };
      },
    };
    const { client } = make({ trackingUri: "databricks", registryUri: "databricks-uc://prod", auth: workspace });
    await client.request("GET mlflow/experiments/get", { experiment_id: "0" });
    await client.request("POST mlflow/registered-models/create", { name: "m" });
    expect(uris).toEqual(["databricks", "databricks://prod"]);
    expect(seen.map(({ url }) => url?.split("?")[0])).toEqual([
      "/api/2.0/mlflow/experiments/get",
      "/api/2.0/mlflow/unity-catalog/registered-models/create",
    ]);
  });
});

describe("gatewayHeaders", () => {
  test("values and functions, with another provider", async () => {
    const { origin, seen } = await serve((_, response) => json(response, 200, {}));
    let asked = 0;
    const gateway = gatewayHeaders({
      "CF-Access-Client-Id": "id",
      "proxy-authorization": async () => `Bearer ${++asked}`,
    });
    const { client } = make({ trackingUri: origin, auth: combine(gateway, fixed) });
    await client.validate();
    await client.validate();
    expect(seen[1]?.headers).toMatchObject({
      "cf-access-client-id": "id",
      "proxy-authorization": "Bearer 2",
      authorization: "Bearer SENTINEL",
    });
  });

  test.each<Record<string, string>>([{ host: "x" }, { "x y": "v" }, { "x-a": "SENTINEL\n" }, { "x-a": "" }])(
    "I18 %j is refused",
    (headers) => {
      expect(() => gatewayHeaders(headers)).toThrow(expect.objectContaining({ code: "ERR_AUTH_INVALID" }));
    },
  );
});

describe("what a connection's end means", () => {
  test("R01 a POST whose connection dies after it was sent is not sent again, and says that the outcome is unknown", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.once("data", () => socket.resetAndDestroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { client } = make({ trackingUri: `http://127.0.0.1:${port}`, auth: anonymous() });
    const error = await client
      .request("POST mlflow/runs/create", { experiment_id: "0" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ sent: true });
    expect(connections).toBe(1);
  });

  test("R02 a POST that never left is tried again", async () => {
    const { client, lines } = make({ trackingUri: "http://127.0.0.1:1", auth: anonymous() });
    const error = await client
      .request("POST mlflow/runs/create", { experiment_id: "0" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ sent: false, message: expect.stringContaining("ECONNREFUSED") });
    expect(lines.filter((line) => line.includes("; retry "))).toHaveLength(2);
  });

  test("U15 two clients with two identities in a thousand interleaved calls", async () => {
    const { origin, seen } = await serve(({ headers }, response) =>
      json(response, 200, { saw: headers.authorization }),
    );
    const clients = ["ada", "bob"].map(
      (name) =>
        make({
          trackingUri: origin,
          auth: {
            name,
            resolve: () => ({
              source: name,
              load: async () => ({ authorize: ({ headers }) => void (headers.authorization = `Bearer ${name}`) }),
            }),
          },
        }).client,
    );
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => clients[n % 2]?.request("GET /whoami", {}) as Promise<{ saw: string }>),
    );
    answers.forEach((answer, n) => {
      expect(answer.saw).toBe(`Bearer ${["ada", "bob"][n % 2]}`);
    });
    expect(seen).toHaveLength(1000);
  });
});

describe("MLFLOW_KIT_DEBUG", () => {
  test("L03 shows each decision on stderr, and the values of harmless headers only", async () => {
    const { origin } = await serve((_, response) => json(response, 200, {}, { "x-secret-answer": "SENTINEL" }));
    const written: string[] = [];
    const write = process.stderr.write;
    process.stderr.write = ((line: string) => written.push(line) > 0) as typeof write;
    try {
      const client = createClient({ trackingUri: origin, auth: fixed, env: { MLFLOW_KIT_DEBUG: "1" } });
      await client.request("GET mlflow/experiments/get", { experiment_id: "SENTINEL" });
      await client.close();
    } finally {
      process.stderr.write = write;
    }
    const text = written.join("");
    expect(text).toContain("fixed: selected from test");
    expect(text).toContain("GET ");
    expect(text).toContain("authorization: ***");
    expect(text).toContain("user-agent: mlflow-kit/");
    expect(text).toContain("HTTP 200 after");
    expect(text).not.toContain("SENTINEL");
  });
});
