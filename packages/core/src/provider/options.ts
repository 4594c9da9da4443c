import { AuthError } from "../errors.ts";

/**
 * Refuses options that a factory does not know, so that a misspelt one is not taken for "read the environment".
 *
 * @throws AuthError `ERR_OPTION` with the names that are known.
 */
export function checkOptions(options: unknown, known: readonly string[], owner: string): void {
  if (typeof options === "object" && options !== null && Object.keys(options).every((name) => known.includes(name)))
    return;
  const what =
    typeof options === "object" && options !== null ? "there is an unknown option" : "the options are no object";
  throw new AuthError("ERR_OPTION", `${owner}: ${what}`, { hint: `The options are: ${known.join(", ")}.` });
}
