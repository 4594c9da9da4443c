import { AuthError, type ErrorCode, type ErrorDetails } from "@mlflow-kit/core";

/** The provider's name, with which every message starts. */
export const owner = "databricks";

export function fault(code: ErrorCode, what: string, details: ErrorDetails = {}): AuthError {
  return new AuthError(code, `${owner}: ${what}`, details);
}

/** What an error says, without our own name before it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "failed";
  return message.startsWith(`${owner}: `) ? message.slice(owner.length + 2) : message;
}
