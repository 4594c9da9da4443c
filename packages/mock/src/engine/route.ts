import { type Checks, check } from "./checks.ts";
import { type Fields, type Message, read } from "./message.ts";
import type { State } from "./store.ts";

/** One call: from the parameters that were sent to the answer's JSON. @throws Fault */
export type Route = {
  /** In the order in which a query string is read; a list is what `isList` says. */
  readonly fields: Fields;
  run(state: State, json: Readonly<Record<string, unknown>>): object;
};

/** A route of MLflow: what it takes, what is checked of it, and what it does. */
export function route<F extends Fields>(
  fields: F,
  checks: Checks,
  act: (state: State, request: Message<F>) => object | void,
): Route {
  return {
    fields,
    run(state, json) {
      const request: Message<F> = {};
      check(json, checks, read(fields, json, request));
      return act(state, request) ?? {};
    },
  };
}

const keyValue = { fields: { key: "string", value: "string" } } as const;

/** A repeated tag or parameter. */
export const keyValues = { list: keyValue } as const;

/** What was sent of a tag or parameter, with what protobuf has in place of the rest. */
export function complete(item: { key?: string; value?: string }): { key: string; value: string } {
  return { key: item.key ?? "", value: item.value ?? "" };
}

/** Tags and parameters as they are answered; nothing where there are none. */
export function list<N extends string>(name: N, entries: ReadonlyMap<string, string>): { [K in N]?: object[] } {
  if (entries.size === 0) return {};
  return { [name]: Array.from(entries, ([key, value]) => ({ key, value })) } as { [K in N]?: object[] };
}
