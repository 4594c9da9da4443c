import { AuthError } from "./errors.ts";

/** @throws AuthError `ERR_AUTH_ORIGIN` */
export function otherOrigin(url: URL, base: URL): AuthError {
  return new AuthError("ERR_AUTH_ORIGIN", `${url.origin} is not ${base.origin}, and credentials do not leave for it`, {
    hint: 'Pass { credentials: "omit" } to send it without credentials, or make a client for that server.',
  });
}

/** The URL of a path below the base. @throws AuthError `ERR_ROUTE` when it would be elsewhere. */
export function below(base: URL, path: string, query: string): URL {
  const prefix = base.pathname.replace(/\/$/, "");
  const url = new URL(base.origin + prefix + path + (query && `?${query}`));
  if (url.origin === base.origin && url.pathname.startsWith(`${prefix}/`)) return url;
  throw new AuthError("ERR_ROUTE", "the path leads out of the server's base path", { hint: "Take the .. out of it." });
}

/** The URL that a caller means: as it is, or a path below the base. @throws AuthError `ERR_ROUTE` */
export function locate(base: URL, input: string | URL): URL {
  if (input instanceof URL) return input;
  if (/^[a-z][a-z0-9+.-]*:/i.test(input)) {
    if (URL.canParse(input)) return new URL(input);
    throw new AuthError("ERR_ROUTE", "the address is not a valid URL");
  }
  if (input.startsWith("//") || input.includes("\\"))
    throw new AuthError("ERR_ROUTE", "the path begins like another host");
  const [path = "", ...query] = input.split("?");
  return below(base, path.startsWith("/") ? path : `/${path}`, query.join("?").replace(/#.*/, ""));
}
