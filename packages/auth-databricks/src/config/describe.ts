import { attributes } from "./attributes.ts";
import { type Config, isSet } from "./draft.ts";

/** What was configured, as the SDKs print it after an error: ` Config: host=https://x, token=***. Env: DATABRICKS_HOST`. */
export function describeConfig({ settings, sources }: Config): string {
  const present = attributes.filter(({ key }) => isSet(settings, key));
  const values = present.map(({ key, name, secret }) => `${name}=${secret ? "***" : printable(key, settings[key])}`);
  const variables = present.flatMap(({ key, env }) => env.filter((name) => sources.get(key) === name));
  return [values.length > 0 && ` Config: ${values.join(", ")}`, variables.length > 0 && ` Env: ${variables.join(", ")}`]
    .filter((part) => part !== false)
    .join(".");
}

/** A host that was given with a password in it, and control characters, are not for errors. */
function printable(key: string, value: unknown): string {
  const text = Array.isArray(value) ? value.join(",") : String(value);
  if (text.includes("@") && (key === "host" || text.includes("://"))) return "***";
  const clean = text.replace(/[\u0000-\u001f\u007f]/g, "?");
  return clean.length > 256 ? `${clean.slice(0, 256)}…` : clean;
}
