/**
 * When a JSON Web Token (RFC 7519) expires by its own account. Nothing is verified: this only plans the refresh.
 *
 * @returns `exp`, or `undefined` for anything that is not a signed JWT with a sensible `exp`.
 */
export function jwtExpiry(token: string): Date | undefined {
  const parts = token.split(".", 4);
  if (parts.length !== 3 || !parts[1]) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1], "base64url").toString());
    const exp = claims !== null && typeof claims === "object" && "exp" in claims ? claims.exp : undefined;
    if (typeof exp !== "number" || exp <= 0) return undefined;
    const date = new Date(exp * 1000);
    return Number.isNaN(date.getTime()) ? undefined : date;
  } catch {
    return undefined;
  }
}
