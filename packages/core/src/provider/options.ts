import { AuthError } from "../errors.ts";

/**
 * Refuses options that a factory does not know, so that a misspelt one is not taken for "read the environment".
 *
 * @throws AuthError `ERR_OPTION` with the names that are known.
 */
export function checkOptions(options: unknown, known: readonly string[], owner: string): void {
  const isObject = typeof options === "object" && options !== null;
  const unknown = isObject ? Object.keys(options).find((name) => !known.includes(name)) : undefined;
  if (isObject && unknown === undefined) return;
  const what = isObject ? `there is no option ${JSON.stringify(unknown)}` : "the options are no object";
  throw new AuthError("ERR_OPTION", `${owner}: ${what}`, { hint: `The options are: ${known.join(", ")}.` });
}
