import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { Send } from "@mlflow-kit/core";

/** Carries the origin that a request was meant for, when a test's wire leads every host to one loopback server. */
export const originHeader = "x-test-origin";

/** A wire of node:http: one attempt, no redirect. With `base`, every request goes there. */
export function wire(base?: URL): Send {
  return (request) =>
    new Promise((resolve, reject) => {
      const { method, url, headers, body, signal } = request;
      const target = base === undefined ? url : new URL(url.pathname + url.search, base);
      const outgoing = httpRequest(
        target,
        { method, headers: { ...headers, [originHeader]: url.origin }, agent: false, ...(signal && { signal }) },
        (incoming) => {
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
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body as string | undefined);
    });
}
