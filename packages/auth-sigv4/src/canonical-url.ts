import { AuthError } from "@mlflow-kit/core";

/** A query as smithy's signer takes it: decoded. */
export type QueryBag = Record<string, string | string[]>;

/** A path that needs no encoding. */
const plain = /^[\w\-.~/]*$/;

/**
 * Rewrites the URL so that AWS, which decodes and encodes again, arrives at what is signed: everything but RFC 3986's
 * unreserved characters percent-encoded, a space as `%20`, `name` as `name=`. Order and repeated names are kept.
 *
 * @returns the decoded query.
 * @throws AuthError `ERR_AUTH_INVALID` for a query that is not UTF-8.
 */
export function canonicalizeUrl(url: URL): QueryBag {
  const { pathname } = url;
  if (!plain.test(pathname)) {
    const path = pathname.split("/").map(encodeSegment).join("/");
    if (path !== pathname) url.pathname = path;
  }
  return url.search === "" ? {} : canonicalizeQuery(url);
}

function canonicalizeQuery(url: URL): QueryBag {
  const bag: QueryBag = Object.create(null);
  const pairs: string[] = [];
  for (const pair of url.search.slice(1).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    pairs.push(`${encode(name)}=${encode(value)}`);
    const known = bag[name];
    if (known === undefined) bag[name] = value;
    else if (typeof known === "string") bag[name] = [known, value];
    else known.push(value);
  }
  const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  if (search !== url.search) url.search = search;
  return bag;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(strayPercent(text.replaceAll("+", " ")));
  } catch {
    throw new AuthError("ERR_AUTH_INVALID", "sigv4: the query of the URL is not percent-encoded UTF-8", {
      hint: "Build it with URLSearchParams or encodeURIComponent.",
    });
  }
}

function encodeSegment(segment: string): string {
  try {
    return encode(decodeURIComponent(strayPercent(segment)));
  } catch {
    return segment;
  }
}

function strayPercent(text: string): string {
  return text.replace(/%(?![0-9A-Fa-f]{2})/g, "%25");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
