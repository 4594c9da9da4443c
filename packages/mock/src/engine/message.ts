/**
 * The way MLflow's server reads a request: into a protobuf message, field by field in the order they were sent, until
 * one does not fit. What was read until then stays, and only then are the types checked (`checks.ts`).
 */

import { toFloat } from "./python.ts";

/** What a field may hold: a scalar, one of some names, a list, or a message. */
export type Kind =
  | "string"
  | "double"
  | "int32"
  | "int64"
  | { readonly names: readonly string[] }
  | { readonly list: Kind }
  | { readonly fields: Fields };

/** The fields of a message, in the order of their declaration: a query string is read in it. */
export interface Fields {
  readonly [name: string]: Kind;
}

type Value<K> = K extends "string"
  ? string
  : K extends "double"
    ? number
    : K extends "int32" | "int64"
      ? bigint
      : K extends { readonly names: readonly (infer N)[] }
        ? N
        : K extends { readonly list: infer I }
          ? Value<I>[]
          : K extends { readonly fields: infer F }
            ? Message<F>
            : never;

/** A message that was read. A field that was not sent, or `null`, is absent. */
export type Message<F> = { -readonly [N in keyof F]?: Value<F[N]> };

/** @returns Whether all of it fitted. */
export function read<F extends Fields>(fields: F, json: Readonly<Record<string, unknown>>, into: Message<F>): boolean {
  const target = into as Record<string, unknown>;
  for (const [name, value] of Object.entries(json)) {
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined || value === null) continue;
    if (typeof kind === "object" && "names" in kind) {
      const found = kind.names.find((known, index) => known === value || String(index + 1) === String(value));
      // Like an unknown field, an unknown name is passed over; an unknown number is not.
      if (found === undefined && /^-?\d+$/.test(String(value))) return false;
      target[name] = found ?? target[name];
      continue;
    }
    if (typeof kind === "object" && "list" in kind) {
      const list: unknown[] = [];
      target[name] = list;
      if (!Array.isArray(value) || !value.every((item) => readItem(kind.list, item, (read) => list.push(read))))
        return false;
    } else if (!readItem(kind, value, (read) => (target[name] = read))) return false;
  }
  return true;
}

function readItem(kind: Kind, value: unknown, keep: (value: unknown) => void): boolean {
  if (typeof kind === "object" && "fields" in kind) {
    const message = {};
    keep(message);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return read(kind.fields, value as Record<string, unknown>, message);
  }
  const scalar = readScalar(kind, value);
  if (scalar === undefined) return false;
  keep(scalar);
  return true;
}

function readScalar(kind: Kind, value: unknown): unknown {
  if (kind === "string") return typeof value === "string" ? value : undefined;
  if (kind === "double") return readDouble(value);
  if (kind === "int32") return readInteger(value, 31n);
  if (kind === "int64") return readInteger(value, 63n);
  return undefined;
}

function readDouble(value: unknown): number | undefined {
  if (typeof value === "boolean" || typeof value === "bigint" || typeof value === "number") return Number(value);
  if (typeof value !== "string") return undefined;
  // protobuf wants NaN spelled like this, and the infinities as Python does
  return value === "nan" ? undefined : toFloat(value);
}

function readInteger(value: unknown, bits: bigint): bigint | undefined {
  const whole =
    typeof value === "bigint" ||
    (typeof value === "number" && Number.isInteger(value)) ||
    (typeof value === "string" && /^[+-]?\d+$/.test(value));
  if (!whole) return undefined;
  const integer = BigInt(typeof value === "string" ? value.replace("+", "") : (value as number | bigint));
  return integer >= -(1n << bits) && integer < 1n << bits ? integer : undefined;
}
