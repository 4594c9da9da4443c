import { request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import type { Send } from "@mlflow-kit/core";

/** The address at one server that stands for all others: the origin that is meant becomes the first part of the path. */
export function ledTo(base: URL, url: URL): URL {
  return new URL(`/${encodeURIComponent(url.origin)}${url.pathname}${url.search}`, base);
}

/** What {@link ledTo} was given, from the path that the server sees; a path of its own comes back as it is. */
export function meant(path: string): string {
  const [, origin, rest] = /^\/(https?%3A%2F%2F[^/]+)(\/.*)$/.exec(path) ?? [];
  return origin === undefined ? path : `${decodeURIComponent(origin)}${rest}`;
}

/** A wire of node:http: one attempt, no redirect. With `base`, every request goes there. */
export function wire(base?: URL): Send {
  return (request) =>
    new Promise((resolve, reject) => {
      const { method, url, headers, body, signal } = request;
      const target = base === undefined ? url : ledTo(base, url);
      const outgoing = httpRequest(target, { method, headers, agent: false, ...(signal && { signal }) }, (incoming) => {
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
}
