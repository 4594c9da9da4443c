import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { afterEach } from "vitest";
import { meant } from "./wire.ts";

/** What a server was asked. */
export interface Asked {
  readonly method: string;
  /** With the origin that was meant, when the test's wire told it. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly form: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string } | undefined;

export interface FakeServer {
  readonly url: URL;
  readonly asked: Asked[];
  /** How often the path (or its end) was asked for. */
  count(path: string): number;
  close(): Promise<void>;
}

const open = new Set<FakeServer>();

afterEach(async () => {
  await Promise.all([...open].map((server) => server.close()));
});

/** A server on loopback. `undefined`: the request is never answered. It ends with the test. */
export async function startServer(answer: (asked: Asked) => Answer | Promise<Answer>): Promise<FakeServer> {
  const asked: Asked[] = [];
  const listener: RequestListener = async (request, response) => {
    const body = await readText(request);
    const one: Asked = {
      method: request.method!,
      url: meant(request.url!),
      headers: request.headers,
      form: Object.fromEntries(new URLSearchParams(body)),
      body,
    };
    asked.push(one);
    const said = await answer(one);
    if (said === undefined) return;
    response.writeHead(said.status ?? 200, {
      "content-type": said.text === undefined ? "application/json" : "text/html",
      ...said.headers,
    });
    response.end(said.text ?? JSON.stringify(said.json ?? {}));
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeServer = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked,
    count: (path) => asked.filter(({ url }) => url.split("?")[0]!.endsWith(path)).length,
    async close() {
      open.delete(fake);
      await new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections());
    },
  };
  open.add(fake);
  return fake;
}

/** What a Databricks workspace answers, as far as OAuth goes; `undefined` for other paths. */
export function workspaceAnswer(asked: Asked, token: () => Answer): Answer {
  const { pathname, origin } = new URL(asked.url, `http://${asked.headers.host}`);
  if (pathname === "/.well-known/databricks-config") {
    return { json: { oidc_endpoint: `${origin}/oidc`, workspace_id: "1", host_type: "workspace" } };
  }
  if (pathname === "/oidc/.well-known/oauth-authorization-server") {
    return {
      json: { authorization_endpoint: `${origin}/oidc/v1/authorize`, token_endpoint: `${origin}/oidc/v1/token` },
    };
  }
  if (pathname === "/oidc/v1/token") return token();
  return { status: 404 };
}
