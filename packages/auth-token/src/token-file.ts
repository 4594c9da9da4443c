import { setTimeout as delay } from "node:timers/promises";
import { type AuthContext, AuthError, MlflowError } from "@mlflow-kit/core";
import { checkToken, jwtExpiry, readCredentialFile, readOptionalFile } from "@mlflow-kit/core/provider";
import type { BearerToken } from "./bearer.ts";

const checkAfterMs = 60_000;

/**
 * A reader of a token file that something else rotates. A file that is missing, empty or half-written is given a tenth
 * of a second, then it is an error; the core goes on with the token read before, and this says so.
 *
 * @param setting - What names the file: an option, a variable.
 */
export function tokenFile(path: string, setting: string): (context: AuthContext) => Promise<BearerToken> {
  const about = { owner: "token", setting };
  let wholeBefore: boolean | undefined;
  return async (context) => {
    try {
      let text = (await readOptionalFile(path, about))?.trim() ?? "";
      if (isUnfinished(text)) {
        await delay(100);
        text = (await readCredentialFile(path, about)).trim();
      }
      const shown = `the file ${JSON.stringify(path)}`;
      if (text !== "" && wholeBefore && isUnfinished(text)) {
        throw new AuthError("ERR_AUTH_FILE", `token: ${shown} holds the beginning of a token only`);
      }
      const token = checkToken(text, { owner: "token", setting: shown, code: "ERR_AUTH_FILE" });
      wholeBefore = !isUnfinished(token);
      return { token, ...lifeOfFile(token, context) };
    } catch (error) {
      if (wholeBefore !== undefined && MlflowError.is(error)) {
        context.log.warn(`${error.message}; the token that was read before stays in use`);
      }
      throw error;
    }
  };
}

/**
 * When to look into a file again: in a minute, or earlier if the token ends earlier. A token that seems to have ended
 * is left to the server to judge: there is no better one, and the clock may be wrong.
 */
export function lifeOfFile(token: string, context: AuthContext): Pick<BearerToken, "expiresAt" | "refreshAt"> {
  const now = context.now();
  const expiresAt = jwtExpiry(token);
  const left = expiresAt ? expiresAt.getTime() - now : 0;
  if (left <= 0) return { refreshAt: new Date(now + checkAfterMs) };
  return { expiresAt, refreshAt: new Date(now + Math.min(checkAfterMs, left / 2)) };
}

/** Empty, or the beginning of a JSON Web Token. */
function isUnfinished(text: string): boolean {
  return text === "" || (text.startsWith("eyJ") && !/^[^.]+(\.[^.]+){2,}$/.test(text));
}
