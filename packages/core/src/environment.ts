import { AuthError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; an empty one is unset. */
export function envString(env: Environment, name: string): string | undefined {
  return env[name] || undefined;
}

/**
 * A boolean variable, by MLflow's rule: `true`, `false`, `1`, `0` in any case.
 *
 * @throws AuthError `ERR_ENV` for anything else; the value is not shown.
 */
export function envBoolean(env: Environment, name: string): boolean | undefined {
  const value = envString(env, name)?.toLowerCase();
  if (value === undefined) return undefined;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new AuthError("ERR_ENV", `${name} is neither true nor false`, {
    hint: `Set ${name} to true, false, 1 or 0, or unset it.`,
  });
}

/**
 * A number of at least `minimum`.
 *
 * @throws AuthError `ERR_ENV` for anything else; the value is not shown.
 */
export function envNumber(env: Environment, name: string, minimum = 0): number | undefined {
  const value = envString(env, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number) && number >= minimum) return number;
  throw new AuthError("ERR_ENV", `${name} is not a number of at least ${minimum}`, {
    hint: `Set ${name} to a number, or unset it.`,
  });
}
