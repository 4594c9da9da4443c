import { AuthError } from "../errors.ts";

/** Whose pair it is, and which settings gave it. */
export interface BasicAbout {
  readonly owner: string;
  readonly usernameSetting: string;
  readonly passwordSetting: string;
}

/**
 * The value of a Basic `authorization` header (RFC 7617), over UTF-8. Nothing is normalised or trimmed.
 *
 * @throws AuthError `ERR_AUTH_INVALID`, without the value, when one of the two is no string, is empty, or holds a
 * control character or half of a surrogate pair, or when the username holds a colon.
 */
export function basicAuthorization(username: unknown, password: unknown, about: BasicAbout): string {
  const user = checkPart(username, about.owner, about.usernameSetting);
  const secret = checkPart(password, about.owner, about.passwordSetting);
  if (user.includes(":")) {
    throw new AuthError("ERR_AUTH_INVALID", `${about.owner}: ${about.usernameSetting} holds a colon`, {
      hint: "Basic authentication separates username and password by a colon, so a username cannot hold one.",
    });
  }
  return `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
}

function checkPart(value: unknown, owner: string, setting: string): string {
  const what =
    typeof value !== "string"
      ? "is not a string"
      : value === ""
        ? "is empty"
        : /[\u0000-\u001f\u007f]/.test(value)
          ? "holds a control character"
          : /\p{Surrogate}/u.test(value)
            ? "holds half of a surrogate pair"
            : undefined;
  if (what === undefined) return value as string;
  throw new AuthError("ERR_AUTH_INVALID", `${owner}: ${setting} ${what}`, {
    hint: `Check ${setting}${what === "holds a control character" ? "; a line break at its end is the usual cause" : ""}.`,
  });
}
