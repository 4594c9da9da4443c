import type { Send } from "@mlflow-kit/core";
import { plainSend } from "@mlflow-kit/testing";

/** The address at one server that stands for all others: the origin that is meant becomes the first part of the path. */
export function ledTo(base: URL, url: URL): URL {
  return new URL(`/${encodeURIComponent(url.origin)}${url.pathname}${url.search}`, base);
}

/** What {@link ledTo} was given, from the path that the server sees; a path of its own comes back as it is. */
export function meant(path: string): string {
  const [, origin, rest] = /^\/(https?%3A%2F%2F[^/]+)(\/.*)$/.exec(path) ?? [];
  return origin === undefined ? path : `${decodeURIComponent(origin)}${rest}`;
}

/** A plain wire. With `base`, every request goes there. */
export function wire(base?: URL): Send {
  return (request) => plainSend(base === undefined ? request : { ...request, url: ledTo(base, request.url) });
}
