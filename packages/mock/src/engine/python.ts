import { stringifyJson } from "@mlflow-kit/core/provider";

/** The name that Python has for the type of a JSON value. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}

/** `json.dumps(value, separators=(",", ":"))`: like `JSON.stringify`, in ASCII. */
export function dumps(value: unknown): string {
  return stringifyJson(value ?? null).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `repr(value)` of a JSON value. */
export function repr(value: unknown): string {
  if (typeof value === "string") return reprText(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (typeof value !== "object" || value === null)
    return { true: "True", false: "False", null: "None" }[`${value}`] ?? `${value}`;
  return `{${Object.entries(value)
    .map(([key, member]) => `${repr(key)}: ${repr(member)}`)
    .join(", ")}}`;
}

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'\u0000-\u001f\u007f]/g, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : "'";
    const short = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return short ?? escapeByte(character);
  });
  return quote + escaped + quote;
}

/** `repr(bytes)`, where each character stands for a byte. */
export function reprBytes(bytes: string): string {
  return `b${repr(bytes).replace(/[\u0080-\u00ff]/g, escapeByte)}`;
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** `str(value)` of a float. */
export function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** `float(text)`; `undefined` where Python raises. */
export function toFloat(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?nan$/i.test(trimmed)) return Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(trimmed);
  if (infinity) return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const digits = trimmed.replace(/(?<=\d)_(?=\d)/g, "");
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(digits) ? Number(digits) : undefined;
}

/** `len(text)`: code points, not UTF-16 units. */
export function length(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** `text[:limit]`. */
export function head(text: string, limit: number): string {
  return text.length <= limit ? text : Array.from(text).slice(0, limit).join("");
}

/** `posixpath.normpath(path)`. */
export function normpath(path: string): string {
  const root = /^\/\/(?!\/)/.test(path) ? "//" : path.startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || (root === "" && (parts.length === 0 || parts.at(-1) === ".."))) parts.push(part);
    else parts.pop();
  }
  return root + parts.join("/") || ".";
}
