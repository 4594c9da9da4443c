import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { AuthContext, Send } from "../../src/index.ts";
import { testContext as emptyContext } from "../../src/testing/index.ts";

/** A wire of node:http, for tests of one provider alone: one attempt, no redirect. */
export const send: Send = (request) =>
  new Promise((resolve, reject) => {
    const { method, url, headers, body, signal } = request;
    const outgoing = httpRequest(url, { method, headers, ...(signal && { signal }), agent: false }, (incoming) => {
      resolve({
        status: incoming.statusCode!,
        headers: incoming.headers as Record<string, string | string[]>,
        body: {
          bytes: async () => Buffer.from(await readText(incoming)),
          text: () => readText(incoming),
          cancel: () => void incoming.destroy(),
          [Symbol.asyncIterator]: () => incoming[Symbol.asyncIterator](),
        },
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body as string | undefined);
  });

/** A context with that wire. */
export function testContext(fields: Partial<AuthContext> = {}) {
  return emptyContext({ send, ...fields });
}
