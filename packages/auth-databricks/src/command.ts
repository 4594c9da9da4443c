import { fault } from "./errors.ts";
import type { Json } from "./oauth/http.ts";

/** What a command printed, as a JSON object. @throws AuthError `ERR_AUTH_COMMAND`, without the output. */
export function parseJsonOutput(stdout: string, what: string): Json {
  try {
    const value: unknown = JSON.parse(stdout);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Json;
  } catch {}
  throw fault("ERR_AUTH_COMMAND", `cannot unmarshal CLI result: ${what} did not print a JSON object`);
}
