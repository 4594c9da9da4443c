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

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a command complained of, without anything that could be a token. */
export function complaint(stderr: string): string {
  const line = stderr.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
  const masked = line
    .replace(/\b(?:eyJ|dapi|dose)[\w.=-]{8,}/g, "***")
    .replace(/[A-Za-z0-9_~+/=-]{30,}/g, (word) => (uuid.test(word) ? word : "***"));
  return masked.length > 300 ? `${masked.slice(0, 300)}…` : masked || "it did not say why";
}
