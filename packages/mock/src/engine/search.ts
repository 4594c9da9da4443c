import { Fault, invalid } from "./fault.ts";
import { repr, reprBytes } from "./python.ts";
import type { Stage } from "./store.ts";

export const viewTypes = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] as const;

export function isInView(stage: Stage, view: (typeof viewTypes)[number] = "ACTIVE_ONLY"): boolean {
  return view === "ALL" || (view === "ACTIVE_ONLY") === (stage === "active");
}

/** @throws Fault: this mock does not filter, and says so rather than answering too much. */
export function refuseFilter(filter: string | undefined): void {
  if (filter) throw new Fault("NOT_IMPLEMENTED", "The embedded MLflow does not filter searches yet.");
}

/** The part of a list that a page token and a length name, and the token of the next one. */
export function page<T>(
  all: readonly T[],
  size: bigint | undefined,
  token: string | undefined,
): { items: readonly T[]; next_page_token?: string } {
  const start = readToken(token);
  const end = size === undefined ? all.length : start + Number(size);
  const items = all.slice(start, end);
  return end < all.length ? { items, next_page_token: btoa(`{"offset": ${end}}`) } : { items };
}

function readToken(token: string | undefined): number {
  if (!token) return 0;
  let decoded: string;
  try {
    // Python insists on the padding, which atob does not.
    if (token.length % 4 !== 0) throw new TypeError("padding");
    decoded = atob(token);
  } catch {
    throw invalid("Invalid page token, could not base64-decode");
  }
  let parsed: { offset?: unknown };
  try {
    parsed = JSON.parse(decoded);
  } catch {
    throw invalid(`Invalid page token, decoded value=${reprBytes(decoded)}`);
  }
  const offset = Number(parsed.offset);
  if (Number.isSafeInteger(offset) && offset > 0) return offset;
  throw invalid(`Invalid page token, parsed value=${repr(parsed)}`);
}

/** @throws Fault */
export function checkPageSize(size: bigint): void {
  if (size < 1n)
    throw invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer`);
  if (size > 50_000n)
    throw invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be at most 50000`);
}

type SortValue = string | number | bigint | undefined;

/** One `order_by` clause, understood. */
export interface Order<T> {
  readonly value: (item: T) => SortValue;
  readonly descending: boolean;
}

/** `"attributes.start_time DESC"` in its parts. @throws Fault */
export function readOrder(clause: string): { entity: string | undefined; key: string; descending: boolean } {
  const [, quoted, direction = "asc"] = /^((?:[^\s`"]|`[^`]*`|"[^"]*")+)(?:\s+(\S*))?$/.exec(clause) ?? [];
  if (quoted === undefined || clause.includes(",")) {
    throw invalid(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  }
  const lower = direction.toLowerCase();
  if (lower !== "asc" && lower !== "desc") throw invalid(`Invalid ordering key in order_by clause '${clause}'.`);
  const identifier = quoted.replace(/[`"]/g, "");
  const dot = identifier.indexOf(".");
  return {
    entity: dot < 0 ? undefined : identifier.slice(0, dot),
    key: identifier.slice(dot + 1),
    descending: lower === "desc",
  };
}

/** @throws Fault */
export function attribute<K extends string>(key: string, known: readonly K[]): K {
  const found = known.find((name) => name === key);
  if (found === undefined) {
    throw invalid(`Invalid attribute key '${key}' specified. Valid keys are '{${known.map(repr).join(", ")}}'`);
  }
  return found;
}

/** A sorted copy. What has no value comes last, and NaN before it, in either direction. */
export function sort<T>(items: Iterable<T>, orders: readonly Order<T>[]): T[] {
  return Array.from(items).sort((a, b) => {
    for (const { value, descending } of orders) {
      const [x, y] = [value(a), value(b)];
      const presence = absence(x) - absence(y);
      if (presence !== 0) return presence;
      if (x === undefined || y === undefined || x === y) continue;
      if (x < y) return descending ? 1 : -1;
      if (x > y) return descending ? -1 : 1;
    }
    return 0;
  });
}

function absence(value: SortValue): number {
  return value === undefined ? 2 : Number.isNaN(value) ? 1 : 0;
}
