import { type Fault, invalid } from "./fault.ts";
import { dumps, toFloat, typeName } from "./python.ts";

type Json = Readonly<Record<string, unknown>>;

/** A check of one parameter, on what was sent. */
export type Check = "required" | "string" | "integer" | "number" | "list" | "strings" | ((value: unknown) => void);

/** What MLflow checks of a request before it looks at its store, in its order. */
export type Checks = Readonly<Record<string, readonly Check[]>>;

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: (value) => ["number", "bigint", "boolean"].includes(typeof value) || /^\s*[+-]?\d+\s*$/.test(String(value)),
  number: (value) => (typeof value === "string" ? toFloat(value) !== undefined : typeof value !== "object"),
  list: Array.isArray,
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
};

/**
 * Types are checked only of a request that did not fit its message (`fits` false).
 *
 * @throws Fault
 */
export function check(json: Json, checks: Checks, fits: boolean): void {
  for (const [name, list] of Object.entries(checks)) {
    if (!Object.hasOwn(json, name) && !list.includes("required")) continue;
    const value = name === "run_id" ? (json.run_id ?? json.run_uuid) : json[name];
    for (const rule of list) {
      if (typeof rule === "function") rule(value);
      else if (rule === "required") required(value, name);
      else if (!fits && !types[rule]!(value)) throw badValue(name, value);
    }
  }
}

/** @throws Fault for what is absent, `null` or `""`: MLflow does not tell them apart. */
export function required(value: unknown, name: string): void {
  if (value === undefined || value === null || value === "") {
    throw invalid(`Missing value for required parameter '${name}'.${seeDocs}`);
  }
}

/** @returns the fault for a value of the wrong type, or out of its range. */
export function badValue(name: string, value: unknown): Fault {
  return invalid(
    `Invalid value ${dumps(value)} for parameter '${name}' supplied:  Hint: Value was of type '${typeName(value)}'.${seeDocs}`,
  );
}

const seeDocs = " See the API docs for more information about request parameters.";
