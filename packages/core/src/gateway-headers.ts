import { AuthError } from "./errors.ts";
import { checkHeader } from "./headers.ts";
import type { AuthProvider, Awaitable } from "./types.ts";

/** A header's value, or a function that is asked for it before each request. */
export type HeaderValue = string | (() => Awaitable<string>);

/**
 * Headers for a gateway in front of MLflow — Cloudflare Access, Google IAP's `Proxy-Authorization` — to `combine()` with
 * whatever MLflow itself wants.
 *
 * @throws AuthError `ERR_AUTH_INVALID` for a header that cannot be sent; the value is not shown.
 */
export function gatewayHeaders(headers: Readonly<Record<string, HeaderValue>>): AuthProvider {
  const entries = Object.entries(headers).map(([name, value]) => {
    if (value === "") throw new AuthError("ERR_AUTH_INVALID", `gateway-headers: the value of ${name} is empty`);
    return [checkHeader(name, typeof value === "function" ? "" : value, "gateway-headers"), value] as const;
  });
  const fixed = entries.every(([, value]) => typeof value === "string");
  return {
    name: "gateway-headers",
    resolve: () => ({
      source: `options: ${entries.map(([name]) => name).join(", ")}`,
      authorize: fixed
        ? ({ headers: target }) => {
            for (const [name, value] of entries) target[name] = value as string;
          }
        : async ({ headers: target }) => {
            for (const [name, value] of entries) target[name] = typeof value === "function" ? await value() : value;
          },
    }),
  };
}
