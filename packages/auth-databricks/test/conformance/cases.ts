import { readFileSync } from "node:fs";
import type { Rule } from "../support/executables.ts";

/** A mock route of a case. */
export interface Route {
  readonly method: string;
  readonly url: string;
  readonly headersContain?: Readonly<Record<string, string>>;
  readonly formEquals?: Readonly<Record<string, string>>;
  readonly formContains?: Readonly<Record<string, string>>;
  readonly normalizeDoubleSlash?: boolean;
  readonly times?: number;
  readonly respond: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly text?: string;
  };
}

/** One case of `databricks.json`; its `harness` block says how to read it. */
export interface Case {
  readonly name: string;
  readonly kind: string;
  readonly env: Readonly<Record<string, string>>;
  readonly homeFiles: Readonly<Record<string, string>>;
  readonly absoluteFiles?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: the fixture is JSON of many shapes
  readonly argsExplicit: Readonly<Record<string, any>>;
  readonly http?: readonly Route[];
  readonly stubs?: Readonly<Record<string, readonly Rule[]>>;
  readonly stubMinSizeBytes?: number;
  readonly cliVersion?: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: the fixture is JSON of many shapes
  readonly expect: Readonly<Record<string, any>>;
}

const file = new URL("../fixtures/databricks.json", import.meta.url);

export const cases: readonly Case[] = JSON.parse(readFileSync(file, "utf8")).cases;

/** The cases of one kind, each behind its name, for a table of tests. */
export function casesOf(kind: string): [name: string, one: Case][] {
  return cases.filter((one) => one.kind === kind).map((one) => [one.name, one]);
}

/** The options of a case: its names in code are camelCase. */
export function optionsOf({ argsExplicit }: Case, home = ""): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(argsExplicit).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === "string" ? value.replace("{HOME}", home) : value,
    ]),
  );
}
