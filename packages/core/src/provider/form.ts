/**
 * One value in `application/x-www-form-urlencoded`. RFC 6749 §2.3.1 wants it for a client's id and secret before they
 * go into a Basic header.
 */
export function formEncode(value: string): string {
  return new URLSearchParams([["", value]]).toString().slice(1);
}
