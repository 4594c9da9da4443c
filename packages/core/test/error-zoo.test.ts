import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createClient } from "../src/client.ts";
import { combine } from "../src/compose.ts";
import { diagnose, mayRetryStatus } from "../src/diagnose/index.ts";
import type { ErrorCode } from "../src/errors.ts";
import type { AuthProvider } from "../src/types.ts";
import { serve } from "./serve.ts";

/** One file of `error-zoo/`; see its README. */
interface Specimen {
  readonly name: string;
  readonly origin: string;
  readonly request: { readonly method: string; readonly path: string; readonly headers: Record<string, string> };
  readonly sent: { readonly members: string[]; readonly signed: boolean; readonly workspace?: string };
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string | string[]>;
    readonly body: string;
  };
  readonly expect: {
    readonly class: "HttpAuthError" | "RestError";
    readonly code: ErrorCode;
    readonly messageStartsWith: string;
    readonly hint: string;
    readonly remedies: string[];
    readonly retry: boolean;
  };
}

const folder = new URL("./error-zoo/", import.meta.url);
const zoo = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name): Specimen => JSON.parse(readFileSync(new URL(name, folder), "utf8")));

test("the zoo holds at least thirty captured answers, and says where each comes from", () => {
  expect(zoo.filter(({ origin }) => origin.startsWith("captured: ")).length).toBeGreaterThanOrEqual(30);
  expect(zoo.filter(({ origin }) => !/^(captured: |documented: https:)/.test(origin))).toEqual([]);
});

describe("every answer is told apart", () => {
  test.each(zoo.map((specimen) => [specimen.name, specimen] as const))(
    "R08 %s",
    (_, { request, sent, response, ...rest }) => {
      const { status, headers, body: text } = response;
      const url = new URL(request.path.replace(/\?.*/, ""), "https://mlflow.example.com");
      const error = diagnose({ method: request.method, url, response: { status, headers, text }, sent, unread: [] });
      const { messageStartsWith, retry, class: name, ...expected } = rest.expect;
      expect(error).toMatchObject({ ...expected, name, status });
      expect(error.message.slice(0, messageStartsWith.length)).toBe(messageStartsWith);
      expect(error.message).not.toMatch(/<\w+[ >]/);
      expect(mayRetryStatus(status, headers, text)).toBe(retry);
    },
  );
});

describe("through the client, with the credentials echoed wherever the answer has room", () => {
  const secret = "SENTINEL-token";
  const provider = (name: string): AuthProvider => ({
    name,
    resolve: () => ({
      source: "test",
      authorize: ({ headers }) => {
        headers[name === "basic" ? "authorization" : `x-${name}`] =
          name === "basic" ? `Basic ${Buffer.from(`user:${secret}`).toString("base64")}` : secret;
      },
    }),
  });
  const redirects = [301, 302, 303];

  test.each(zoo.map((specimen) => [specimen.name, specimen] as const))("R09 L02 T07 T08 %s", async (_, specimen) => {
    const { status, headers, body } = specimen.response;
    const { origin, seen } = await serve(({ headers: received }, response) => {
      const echo = JSON.stringify(received);
      const { "content-length": _length, "transfer-encoding": _coding, connection: _connection, ...kept } = headers;
      response.writeHead(status, { ...kept, "x-echo": encodeURIComponent(echo) });
      response.end(withEcho(body, echo));
    });
    const client = createClient({
      trackingUri: origin,
      auth: combine(...["basic", ...specimen.sent.members.filter((name) => name !== "basic")].map(provider)),
      env: {},
      homeDir: "/nonexistent",
      workspace: specimen.sent.workspace,
      retry: { maxRetries: 1, backoffFactor: 0, jitter: 0 },
      log: { debug: () => {}, warn: () => {} },
    });
    const method = redirects.includes(status) ? "POST" : "GET";
    const error = await client.request(`${method} mlflow/runs/get`, {}).then(
      () => expect.unreachable(),
      (thrown: Error & { body: string }) => thrown,
    );
    await client.close();
    const shown = [inspect(error, { showHidden: true, depth: 9 }), JSON.stringify(error), error.stack, error.body].join(
      "\n",
    );
    expect(shown).not.toContain("SENTINEL");
    expect(shown).not.toContain(Buffer.from(`user:${secret}`).toString("base64"));
    expect(error).toHaveProperty("code", redirects.includes(status) ? "ERR_REDIRECT" : specimen.expect.code);
    expect(seen.length).toBe(specimen.expect.retry ? 2 : 1);
  });

  function withEcho(body: string, echo: string): string {
    if (body.startsWith("{")) return JSON.stringify({ ...JSON.parse(body), echo });
    return /^\s*</.test(body) ? `${body}<!-- ${echo} -->` : body;
  }
});
