import { envBoolean, envNumber } from "@mlflow-kit/core";
import { fault } from "../errors.ts";

/**
 * A setting that came as text.
 *
 * @throws AuthError `ERR_ENV`, naming where it came from, for a boolean or number that is none.
 */
export function parseSetting(
  kind: string,
  text: string,
  source: string,
): string | boolean | number | string[] | undefined {
  if (kind === "boolean") return named(() => envBoolean({ [source]: text.trim() }, source));
  if (kind === "number") return named(() => envNumber({ [source]: text.trim() }, source));
  if (kind !== "list") return text;
  const items = text.split(/[\s,]+/).filter((item) => item !== "");
  return items.length === 0 ? undefined : [...new Set(items)].sort();
}

function named<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw fault("ERR_ENV", (error as Error).message, { hint: (error as { hint?: string }).hint });
  }
}
