import { AuthError, type ErrorCode } from "../errors.ts";

/**
 * What is wrong with a bearer token, to follow the name of where it came from; `undefined` when nothing is. The
 * grammar is RFC 6750's `b64token`, so nothing that passes can break a header.
 */
export function bearerFault(value: unknown): { readonly what: string; readonly hint: string } | undefined {
  if (typeof value !== "string") return { what: "is not a string", hint: "Give the bare token as a string." };
  if (value.trim() === "") return { what: "is empty", hint: "Give the bare token." };
  if (/^\s*bearer\s/i.test(value)) return { what: 'begins with "Bearer"', hint: 'Leave out the word "Bearer".' };
  if (/^[A-Za-z0-9\-._~+/]+=*$/.test(value)) return undefined;
  return {
    what: "is not a bearer token",
    hint: "Only letters, digits and - . _ ~ + / may occur in it, with = at the end; look for spaces, quotes and line breaks.",
  };
}

/**
 * Passes a bearer token that is fit for a header.
 *
 * @throws AuthError `ERR_AUTH_INVALID` (or `code`), without the value, for everything else: another type, nothing but white space,
 * a leading "Bearer", and characters outside RFC 6750's `b64token`.
 */
export function checkToken(value: unknown, about: { owner: string; setting: string; code?: ErrorCode }): string {
  const fault = bearerFault(value);
  if (fault === undefined) return value as string;
  throw new AuthError(about.code ?? "ERR_AUTH_INVALID", `${about.owner}: ${about.setting} ${fault.what}`, {
    hint: fault.hint,
  });
}
