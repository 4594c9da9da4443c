import { AuthError, MlflowError } from "./errors.ts";

/**
 * Reads an answer of MLflow. Its server writes int64 as JSON numbers and the special values of a metric as the strings
 * `"NaN"`, `"Infinity"` and `"-Infinity"` (seen on 3.18; other things written in Python send the bare words).
 *
 * - An integer beyond ±(2^53 − 1) becomes an exact bigint, every other number a number.
 * - The bare words become numbers.
 * - The `value` of an entry of `metrics` becomes a number from those strings, too, and is never a bigint.
 * - A `__proto__` key becomes an own property, as with `JSON.parse`.
 *
 * @throws MlflowError `ERR_RESPONSE`, which shows nothing of `text`.
 */
export function parseJson(text: string): unknown {
  try {
    const special = text.includes("NaN") || text.includes("Infinity");
    const scanned = (special || /\d{16}/.test(text)) && mayNeedScanner.test(text);
    const value: unknown = scanned ? scan(text) : JSON.parse(text);
    if (scanned || special) reviveMetrics(value);
    return value;
  } catch {
    throw new MlflowError("ERR_RESPONSE", `the answer is not valid JSON (${text.length} characters)`, {
      hint: "Something in front of the MLflow server may have answered in its place.",
    });
  }
}

/**
 * Writes a request for MLflow: a bigint as a JSON integer, `NaN` and the infinities as the strings that protobuf's JSON
 * prescribes and MLflow's own client sends, all else as `JSON.stringify` does.
 *
 * @throws AuthError `ERR_BODY` for what JSON cannot express: a cycle, a function, `undefined`.
 */
export function stringifyJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = stringifyPlain(value) ?? write(value, "");
  } catch {}
  if (json === undefined) throw new AuthError("ERR_BODY", "the parameters cannot be written as JSON");
  return json;
}

/** Also matches inside a string: then the long way is taken for nothing. */
const mayNeedScanner = /(?:^|[[:,\s])(?:-?\d{16,}(?:[\s,\]}]|$)|NaN|-?Infinity)/;

function reviveMetrics(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key !== "metrics" || !Array.isArray(child)) {
      reviveMetrics(child);
      continue;
    }
    for (const metric of child) {
      if (typeof metric?.value === "bigint" || /^(?:NaN|-?Infinity)$/.test(metric?.value)) {
        metric.value = Number(metric.value);
      }
    }
  }
}

/** JSON by the grammar of RFC 8259, plus the bare words, with exact integers. @throws SyntaxError, RangeError */
function scan(text: string): unknown {
  const space = /[\t\n\r ]*/y;
  const literal = /true|false|null|NaN|-?Infinity|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  let at = 0;

  const document = readValue();
  if (peek() !== "") throw new SyntaxError("trailing text");
  return document;

  function peek(): string {
    space.lastIndex = at;
    at += space.exec(text)![0].length;
    return text.charAt(at);
  }

  function take(character: string): boolean {
    if (peek() !== character) return false;
    at += 1;
    return true;
  }

  function expect(character: string): void {
    if (!take(character)) throw new SyntaxError(`${character} expected`);
  }

  function readValue(): unknown {
    switch (peek()) {
      case "{":
        return readObject();
      case "[":
        return readArray();
      case '"':
        return readString();
      default:
        return readLiteral();
    }
  }

  function readObject(): object {
    const object: Record<string, unknown> = {};
    expect("{");
    if (take("}")) return object;
    do {
      const key = readString();
      expect(":");
      const value = readValue();
      if (key === "__proto__") {
        Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
      } else {
        object[key] = value;
      }
    } while (take(","));
    expect("}");
    return object;
  }

  function readArray(): unknown[] {
    const array: unknown[] = [];
    expect("[");
    if (take("]")) return array;
    do array.push(readValue());
    while (take(","));
    expect("]");
    return array;
  }

  function readString(): string {
    expect('"');
    const start = at;
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote < 0) throw new SyntaxError("unterminated string");
      at = quote + 1;
      let backslashes = 0;
      while (text[quote - 1 - backslashes] === "\\" && quote - 1 - backslashes >= start) backslashes += 1;
      if (backslashes % 2 === 0) return JSON.parse(text.slice(start - 1, at));
    }
  }

  function readLiteral(): unknown {
    literal.lastIndex = at;
    const word = literal.exec(text)?.[0];
    if (word === undefined) throw new SyntaxError("value expected");
    at += word.length;
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    const number = Number(word);
    return /^-?\d+$/.test(word) && !Number.isSafeInteger(number) ? BigInt(word) : number;
  }
}

/** `JSON.stringify`, or undefined where it does not do: it throws at a bigint and writes NaN as null. */
function stringifyPlain(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value);
    return json?.includes("null") ? undefined : json;
  } catch {
    return undefined;
  }
}

function write(value: unknown, key: string): string | undefined {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return `"${value}"`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if ("toJSON" in value && typeof value.toJSON === "function") return write(value.toJSON(key), key);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, index) => write(item, String(index)) ?? "null").join(",")}]`;
  }
  const members = Object.entries(value).flatMap(([name, member]) => {
    const json = write(member, name);
    return json === undefined ? [] : [`${JSON.stringify(name)}:${json}`];
  });
  return `{${members.join(",")}}`;
}
