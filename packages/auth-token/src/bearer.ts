import { AuthError, type Credential, type ErrorCode } from "@mlflow-kit/core";
import { checkToken, jwtExpiry } from "@mlflow-kit/core/provider";

/** A checked token, with what is known about its life. */
export interface BearerToken {
  readonly token: string;
  readonly expiresAt?: Date;
  readonly refreshAt?: Date;
}

/**
 * Checks what a command, function or plugin answered. Without a date of its own, the `exp` of a JWT counts.
 *
 * @throws AuthError `code`, without the token.
 */
export function checkAnswer(
  token: unknown,
  expiresAt: unknown,
  about: { setting: string; code: ErrorCode },
): BearerToken {
  const checked = checkToken(token, { owner: "token", ...about });
  if (expiresAt === undefined) return { token: checked, expiresAt: jwtExpiry(checked) };
  if (expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime())) return { token: checked, expiresAt };
  throw new AuthError(about.code, `token: the expiry of ${about.setting} is no valid Date`);
}

/** The credential that sends a token, and nothing else. */
export function bearer({ token, ...times }: BearerToken): Credential {
  const authorization = `Bearer ${token}`;
  return {
    ...times,
    authorize(request) {
      request.headers.authorization = authorization;
    },
  };
}
