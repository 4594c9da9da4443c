import { inspect } from "node:util";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AuthProvider, type ClientOptions, createClient, fileBody, type MlflowError } from "../src/index.ts";
import { json, serve } from "./serve.ts";

function make(options: ClientOptions) {
  const client = createClient({ env: {}, homeDir: "/nonexistent", log: { warn() {}, debug() {} }, ...options });
  onTestFinished(() => client.close());
  return client;
}

const fixed: AuthProvider = {
  name: "fixed",
  resolve: () => ({ source: "test", authorize: ({ headers }) => void (headers.authorization = "Bearer SENTINEL") }),
};
const signer: AuthProvider = {
  name: "signer",
  resolve: () => ({
    source: "test",
    signs: true,
    authorize: (request) => {
      const { body } = request;
      request.headers["x-signed"] =
        body instanceof Uint8Array || typeof body === "string" ? String(body.length) : "none";
    },
  }),
};
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error as MlflowError,
  );

describe("where fetch goes", () => {
  test.each(["/x?a=1&b=2", "x?a=1&b=2"])("%s is below the base path", async (path) => {
    const { origin, seen } = await serve((_, response) => response.end("ok"));
    const { fetch } = make({ trackingUri: `${origin}/base`, auth: fixed });
    const response = await fetch(path);
    expect(await response.text()).toBe("ok");
    expect(seen[0]).toMatchObject({ url: "/base/x?a=1&b=2", headers: { authorization: "Bearer SENTINEL" } });
    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe(`${origin}/base/x?a=1&b=2`);
  });

  test("absolute addresses of the same origin, as a string, a URL and a Request", async () => {
    const { origin, seen } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin, auth: fixed });
    await fetch(`${origin}/a`);
    await fetch(new URL("/b", origin));
    await fetch(new Request(`${origin}/c`, { method: "POST", body: "hello", headers: { "x-mine": "1" } }));
    expect(seen.map(({ url }) => url)).toEqual(["/a", "/b", "/c"]);
    expect(seen[2]).toMatchObject({ method: "POST", body: "hello", headers: { "x-mine": "1" } });
    expect(seen.every(({ headers }) => headers.authorization === "Bearer SENTINEL")).toBe(true);
  });

  test("U13 another origin is refused, and gets nothing with credentials: omit", async () => {
    const other = await serve((_, response) => response.end("presigned"));
    const { origin } = await serve((_, response) => response.end());
    const { fetch } = make({
      trackingUri: origin,
      auth: fixed,
      headers: { "x-secret": "SENTINEL" },
      workspace: "SENTINEL",
    });
    expect(await rejection(fetch(`${other.origin}/x`))).toMatchObject({ code: "ERR_AUTH_ORIGIN" });
    expect(other.seen).toEqual([]);
    expect(await (await fetch(`${other.origin}/x`, { credentials: "omit" })).text()).toBe("presigned");
    expect(JSON.stringify(other.seen)).not.toContain("SENTINEL");
  });

  test.each(["//evil.example/x", "/\\evil.example", "/../../x", "http://u:SENTINEL@127.0.0.1/", "http://[bad"])(
    "I21 I22 %s is refused without being shown",
    async (path) => {
      const { origin, seen } = await serve((_, response) => response.end());
      const error = await rejection(make({ trackingUri: `${origin}/base`, auth: fixed }).fetch(path));
      expect(error.code).toMatch(/^ERR_(ROUTE|AUTH_ORIGIN)$/);
      expect(inspect(error)).not.toContain("SENTINEL");
      expect(seen).toEqual([]);
    },
  );

  test("I18 a header that cannot be sent is refused without being shown", async () => {
    const { origin } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin, auth: fixed });
    const bad: Record<string, string>[] = [
      { "x-a": "SENTINEL\r\nx-evil: 1" },
      { host: "SENTINEL" },
      { connection: "SENTINEL" },
    ];
    for (const headers of bad) {
      const error = await rejection(fetch("/x", { headers }));
      expect(error.code).toMatch(/^ERR_(OPTION|AUTH_INVALID)$/);
      expect(inspect(error, { showHidden: true })).not.toContain("SENTINEL");
    }
  });
});

describe("what fetch answers", () => {
  test.each([200, 204, 304, 400, 403, 404, 500, 503])("%d is a Response, asked for once", async (status) => {
    const { origin, seen } = await serve((_, response) =>
      response.writeHead(status, { "set-cookie": ["a=1", "b=2"] }).end(),
    );
    const response = await make({ trackingUri: origin, auth: fixed }).fetch("/x");
    expect(response.status).toBe(status);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.text()).toBe("");
    expect(seen).toHaveLength(1);
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("%s is decoded", async (encoding, compress) => {
    const { origin, seen } = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": encoding }).end(compress("a long text ".repeat(1000))),
    );
    const response = await make({ trackingUri: origin }).fetch("/x");
    expect(await response.text()).toBe("a long text ".repeat(1000));
    expect(seen[0]?.headers["accept-encoding"]).toContain("br");
  });

  test.each(["gzip", "deflate", "br"])("an empty body is empty, though %s is announced", async (encoding) => {
    const { origin } = await serve((_, response) => response.writeHead(200, { "content-encoding": encoding }).end());
    const [ours, theirs] = await Promise.all([make({ trackingUri: origin }).fetch("/x"), fetch(origin)]);
    expect(await ours.text()).toBe("");
    expect(await theirs.text()).toBe("");
  });

  test("HEAD has no body", async () => {
    const { origin } = await serve((_, response) => response.writeHead(200, { "content-length": 5 }).end());
    const response = await make({ trackingUri: origin }).fetch("/x", { method: "HEAD" });
    expect(response.headers.get("content-length")).toBe("5");
    expect(await response.text()).toBe("");
  });

  test("redirect: manual and error", async () => {
    const { origin, seen } = await serve((_, response) => response.writeHead(302, { location: "/there" }).end());
    const { fetch } = make({ trackingUri: origin, auth: fixed });
    expect((await fetch("/x", { redirect: "manual" })).status).toBe(302);
    expect(await rejection(fetch("/x", { redirect: "error" }))).toMatchObject({ code: "ERR_REDIRECT" });
    expect(seen).toHaveLength(2);
  });

  test("U08 once a redirect has left the origin, what comes back to it carries nothing", async () => {
    const attacker = await serve(({ url }, response) =>
      response.writeHead(302, { location: `${home.origin}/back?${url}` }).end(),
    );
    const home = await serve(({ url }, response) => {
      if (url === "/x") response.writeHead(302, { location: `${attacker.origin}/a` }).end();
      else if (url?.startsWith("/back")) response.writeHead(302, { location: "/last" }).end();
      else response.end("end");
    });
    await make({ trackingUri: home.origin, auth: fixed }).fetch("/x");
    expect(home.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/x", "Bearer SENTINEL"],
      ["/back?/a", undefined],
      ["/last", undefined],
    ]);
  });

  test("T06 a 401 renews once; the answer that stays can be read", async () => {
    const { origin, seen } = await serve(({ headers }, response) =>
      json(response, headers.authorization === "Bearer 2" ? 200 : 401, { saw: headers.authorization }),
    );
    let loads = 0;
    const loaded: AuthProvider = {
      name: "loaded",
      resolve: () => ({
        source: "test",
        load: () => {
          const value = `Bearer ${++loads}`;
          return { authorize: ({ headers }) => void (headers.authorization = value) };
        },
      }),
    };
    const { fetch } = make({ trackingUri: origin, auth: loaded });
    expect(await (await fetch("/x", { method: "POST", body: "again" })).json()).toEqual({ saw: "Bearer 2" });
    expect(seen.map(({ body }) => body)).toEqual(["again", "again"]);
    const refused = make({ trackingUri: origin, auth: fixed });
    expect(await (await refused.fetch("/x")).json()).toEqual({ saw: "Bearer SENTINEL" });
  });
});

describe("what fetch sends", () => {
  test("forms, searches, blobs and streams", async () => {
    const { origin, seen } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin, auth: fixed });
    const form = new FormData();
    form.set("field", "value");
    await fetch("/form", { method: "POST", body: form });
    await fetch("/search", { method: "POST", body: new URLSearchParams({ a: "b c" }) });
    await fetch("/blob", { method: "POST", body: new Blob(["blob"], { type: "text/x-test" }) });
    const stream = new Blob(["streamed"]).stream();
    await fetch("/stream", { method: "POST", body: stream, duplex: "half" } as RequestInit);
    expect(seen[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(seen[0]?.body).toContain('name="field"');
    expect(seen.slice(1).map(({ body, headers }) => [body, headers["content-type"]])).toEqual([
      ["a=b+c", "application/x-www-form-urlencoded;charset=UTF-8"],
      ["blob", "text/x-test"],
      ["streamed", undefined],
    ]);
  });

  test("a file, streamed", async () => {
    const { origin, seen } = await serve((_, response) => response.end());
    const body = (await fileBody(new URL("../package.json", import.meta.url))) as unknown as string;
    await make({ trackingUri: origin }).fetch("/x", { method: "PUT", body });
    expect(seen[0]?.body).toContain('"@mlflow-kit/core"');
    expect(seen[0]?.headers["content-length"]).toBe(String(Buffer.byteLength(seen[0]?.body ?? "")));
  });

  test("a stream is buffered for a signer, up to 16 MiB", async () => {
    const { origin, seen } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin, auth: signer });
    const send = (size: number) =>
      fetch("/x", { method: "POST", body: new Blob([new Uint8Array(size)]).stream(), duplex: "half" } as RequestInit);
    await send(1000);
    expect(seen[0]?.headers["x-signed"]).toBe("1000");
    expect(await rejection(send(17 * 1024 * 1024))).toMatchObject({ code: "ERR_BODY" });
    expect(seen).toHaveLength(1);
  });

  test("R15 an abort ends the wait for the head, and the body", async () => {
    const { origin } = await serve(({ url }, response) => {
      if (url === "/body") response.write("first");
    });
    const { fetch } = make({ trackingUri: origin });
    for (const path of ["/head", "/body"]) {
      const controller = new AbortController();
      const started = performance.now();
      setTimeout(() => controller.abort(new Error("enough")), 50);
      const read = fetch(path, { signal: controller.signal }).then((response) => response.text());
      await expect(read).rejects.toThrow("enough");
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});

describe("headers()", () => {
  test("carries what a request carries", async () => {
    const client = make({ trackingUri: "http://127.0.0.1:9", auth: fixed, workspace: "team" });
    const expected = {
      "user-agent": expect.stringMatching(/^mlflow-kit\//),
      "x-mlflow-client-version": expect.any(String),
      "x-mlflow-workspace": "team",
      authorization: "Bearer SENTINEL",
    };
    expect(await client.headers()).toEqual(expected);
    expect(await client.headers()).toEqual(expected);
    expect(await client.headers({ method: "POST", url: "/v1/traces" })).toEqual(expected);
  });

  test("signs what is sent: a path is below the base", async () => {
    const urls: string[] = [];
    const recorder: AuthProvider = {
      name: "recorder",
      resolve: () => ({ source: "test", signs: true, authorize: ({ url }) => void urls.push(url.href) }),
    };
    const client = make({ trackingUri: "http://127.0.0.1:9/prefix", auth: recorder });
    await client.headers({ url: "/v1/traces" });
    await client.headers({ url: "http://127.0.0.1:9/elsewhere" });
    expect(urls).toEqual(["http://127.0.0.1:9/prefix/v1/traces", "http://127.0.0.1:9/elsewhere"]);
  });

  test("only for this server", async () => {
    const client = make({ trackingUri: "http://127.0.0.1:9", auth: fixed });
    expect(await rejection(client.headers({ url: "http://127.0.0.1:10/" }))).toMatchObject({ code: "ERR_AUTH_ORIGIN" });
  });

  test("a signer needs the body of what is not GET or HEAD", async () => {
    const client = make({ trackingUri: "http://127.0.0.1:9", auth: signer });
    expect(await client.headers()).toHaveProperty("x-signed", "none");
    expect(await client.headers({ method: "POST", body: "12345" })).toHaveProperty("x-signed", "5");
    expect(await rejection(client.headers({ method: "POST" }))).toMatchObject({ code: "ERR_BODY" });
    const stream = new Blob(["x"]).stream() as unknown as AsyncIterable<Uint8Array>;
    expect(await rejection(client.headers({ method: "POST", body: stream }))).toMatchObject({ code: "ERR_BODY" });
  });
});

test("endpoint() tells where requests go, without userinfo", async () => {
  const taker: AuthProvider = {
    name: "taker",
    resolve: ({ urlCredentials }) => ({ source: urlCredentials ? "URL" : "none" }),
  };
  const { baseUrl } = await make({ trackingUri: "http://u:SENTINEL@127.0.0.1:9/p", auth: taker }).endpoint();
  expect(baseUrl.href).toBe("http://127.0.0.1:9/p");
});

describe("what users of fetch expect", () => {
  test("a body that is cancelled during silence closes the connection at once", async () => {
    const closed = deferred();
    const { origin } = await serve((_, response) => {
      response.on("close", closed.resolve);
      response.flushHeaders();
    });
    const response = await make({ trackingUri: origin }).fetch("/x");
    await response.body?.cancel();
    await closed.promise;
  });

  test("an upload has no deadline while bytes flow", async () => {
    const { origin, seen } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin, deadlineMs: 200 });
    async function* slow() {
      for (let n = 0; n < 5; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        yield Buffer.from("x");
      }
    }
    const body = ReadableStream.from(slow()) as RequestInit["body"];
    expect((await fetch("/x", { method: "PUT", body, duplex: "half" } as RequestInit)).status).toBe(200);
    expect(seen[0]?.body).toBe("xxxxx");
  });

  test("an abort ends the buffering of a body that is signed", async () => {
    const { origin } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin, auth: signer });
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const signal = AbortSignal.timeout(50);
    const error = await rejection(fetch("/x", { method: "PUT", body, signal, duplex: "half" } as RequestInit));
    expect(error).toBe(signal.reason);
  });

  test("bytes have no content type of their own, and text has", async () => {
    const { origin, seen } = await serve((_, response) => response.end());
    const { fetch } = make({ trackingUri: origin });
    await fetch("/x", { method: "PUT", body: Buffer.from("bytes") });
    await fetch("/x", { method: "PUT", body: "text" });
    expect(seen.map(({ headers }) => headers["content-type"])).toEqual([undefined, "text/plain;charset=UTF-8"]);
    expect(seen.map(({ body }) => body)).toEqual(["bytes", "text"]);
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
