import { Agent, request as httpRequest } from "node:http";
import { type RecordedRequest, type RecordingServer, startServer } from "./recording-server.ts";

/** What a bearer gate is told. */
export interface BearerGateOptions {
  /** The server behind it. */
  upstream: URL;
  /** Whether a bearer token may pass. */
  accepts(token: string, request: RecordedRequest): boolean;
  /** The `Authorization` that the gate itself shows upstream; without it none is sent. */
  upstreamAuthorization?: string;
}

/**
 * Starts a reverse proxy that lets nobody through without a bearer token it accepts, as a Kubernetes ingress or an API
 * gateway does: 401 with `WWW-Authenticate: Bearer` for anything else.
 */
export async function startBearerGate(options: BearerGateOptions): Promise<RecordingServer> {
  const { upstream, accepts, upstreamAuthorization } = options;
  const agent = new Agent({ keepAlive: true });
  const gate = await startServer((request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (!token || !accepts(token, request)) {
      response.writeHead(401, { "www-authenticate": 'Bearer realm="gate", error="invalid_token"' });
      response.end("the gate refused the token");
      return;
    }
    const { authorization: _, ...headers } = request.headers;
    const forwarded = httpRequest(
      new URL(request.path, upstream),
      {
        agent,
        method: request.method,
        headers: {
          ...headers,
          host: upstream.host,
          ...(upstreamAuthorization && { authorization: upstreamAuthorization }),
        },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.once("error", () => response.writeHead(502).end());
    forwarded.end(request.body);
  });
  const close = async () => {
    agent.destroy();
    await gate.close();
  };
  return {
    url: gate.url,
    requests: gate.requests,
    get connections() {
      return gate.connections;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
