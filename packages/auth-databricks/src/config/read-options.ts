import { fault } from "../errors.ts";
import type { DatabricksOptions } from "../options.ts";
import { attributeByKey, attributes } from "./attributes.ts";
import { type Draft, fill } from "./draft.ts";
import { parseSetting } from "./value.ts";

/** What `databricks()` was called with, checked; the part of it that is settings. */
export function readOptions(options: DatabricksOptions): Draft {
  const draft: Draft = { settings: {}, sources: new Map() };
  for (const [key, value] of Object.entries(options)) {
    if (key === "credentials" || key === "googleAuth" || key === "dsn") continue;
    const attribute = attributeByKey(key);
    if (attribute === undefined) {
      throw fault("ERR_OPTION", `there is no option ${JSON.stringify(key)}`, {
        hint: `The options are ${attributes.map((one) => one.key).join(", ")}, dsn, credentials and googleAuth.`,
      });
    }
    fill(draft, attribute.key, optionValue(attribute.kind, value, key), `option ${key}`);
  }
  if (options.dsn) readDsn(draft, options.dsn);
  return draft;
}

function optionValue(kind: string, value: unknown, key: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (kind === "list" && Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return parseSetting("list", value.join(","), `option ${key}`);
  }
  if (typeof value === "string") return value === "" ? undefined : parseSetting(kind, value, `option ${key}`);
  if (typeof value === kind) return value;
  throw fault("ERR_OPTION", `the option ${key} is no ${kind}`);
}

function readDsn(draft: Draft, dsn: string): void {
  const url = URL.canParse(dsn) ? new URL(dsn) : undefined;
  if (url?.protocol !== "databricks:" || url.host === "") {
    throw fault("ERR_OPTION", "the option dsn is not databricks://user:password@host");
  }
  fill(draft, "host", url.host, "option dsn");
  fill(draft, "username", decode(url.username), "option dsn");
  fill(draft, "password", decode(url.password), "option dsn");
  for (const { key, name, kind } of attributes) {
    const value = url.searchParams.get(name);
    if (value) fill(draft, key, parseSetting(kind, value, `${name} in the option dsn`), "option dsn");
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw fault("ERR_OPTION", "the user name or password in the option dsn is not percent-encoded");
  }
}
