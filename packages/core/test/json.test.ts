import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MlflowError } from "../src/errors.ts";
import { parseJson, stringifyJson } from "../src/json.ts";

/** Any JSON document, in which nothing is special. */
const plain = fc.jsonValue({ maxDepth: 5 });
const wide = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);
const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
/** A number that makes every document around it take the long way. */
const beacon = 9_007_199_254_740_993n;

/** What JSON.parse would make of the same text. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  const copy = {};
  for (const [name, member] of Object.entries(value)) {
    Object.defineProperty(copy, name, { value: rounded(member), enumerable: true });
  }
  return copy;
}

function caught(action: () => unknown): MlflowError {
  try {
    action();
  } catch (error) {
    if (MlflowError.is(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseJson", () => {
  it("reads what MLflow 3.18 answers", () => {
    const text = `{
      "metrics": [
        { "key": "b", "value": "NaN", "timestamp": 9007199254740993, "step": -9007199254740993 },
        { "key": "b", "value": "-Infinity", "timestamp": 1, "step": 0 },
        { "key": "b", "value": 1.7976931348623157e+308, "timestamp": 1732166887000, "step": 9007199254740991 }
      ]
    }`;
    expect(parseJson(text)).toEqual({
      metrics: [
        { key: "b", value: Number.NaN, timestamp: 9007199254740993n, step: -9007199254740993n },
        { key: "b", value: Number.NEGATIVE_INFINITY, timestamp: 1, step: 0 },
        { key: "b", value: Number.MAX_VALUE, timestamp: 1732166887000, step: Number.MAX_SAFE_INTEGER },
      ],
    });
  });

  it("leaves a tag and a parameter of the text NaN alone", () => {
    const data = { tags: [{ key: "t", value: "NaN" }], params: [{ key: "p", value: "-Infinity" }], metrics: "NaN" };
    expect(parseJson(JSON.stringify({ data }))).toEqual({ data });
  });

  it.each([
    ["[NaN, Infinity, -Infinity]", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ["NaN", Number.NaN],
    ['{"a":-Infinity}', { a: Number.NEGATIVE_INFINITY }],
    ["9223372036854775807", 9223372036854775807n],
    ["[-9223372036854775808]", [-9223372036854775808n]],
    ["[9007199254740991,9007199254740992]", [9007199254740991, 9007199254740992n]],
    ["[1e400]", [Number.POSITIVE_INFINITY]],
    ["[10000000000000000.0,1e16,0.30000000000000004]", [1e16, 1e16, 0.30000000000000004]],
    ['["NaN, 12345678901234567, \\"", 1]', ['NaN, 12345678901234567, "', 1]],
    ['["\\\\", 12345678901234567]', ["\\", 12345678901234567n]],
  ])("reads %s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it("agrees with JSON.parse, whichever way is taken", () => {
    fc.assert(
      fc.property(plain, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(rounded(parseJson(text))).toEqual(JSON.parse(text));
        expect(rounded(parseJson(`[${text},${beacon}]`))).toEqual([JSON.parse(text), Number(beacon)]);
      }),
    );
  });

  it("accepts and refuses the same texts as JSON.parse", () => {
    const near = fc
      .tuple(plain, fc.nat(), fc.string({ unit: "binary-ascii", maxLength: 2 }))
      .map(([value, at, noise]) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + noise + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(near, (text) => {
        let native: unknown;
        try {
          native = JSON.parse(text);
        } catch {
          expect(caught(() => parseJson(`[${text},${beacon}`)).code).toBe("ERR_RESPONSE");
          expect(caught(() => parseJson(`{"a":${text}, "b":NaN`)).code).toBe("ERR_RESPONSE");
          return;
        }
        expect(rounded(parseJson(`[${text},${beacon}]`))).toEqual([native, Number(beacon)]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["", "{", "[1,]", '{"a":1,}', "nul", "+1", "01", "[NaN", "[-NaN]", "[Infinity]x", '{"a" 12345678901234567}'])(
    "refuses %j",
    (text) => {
      expect(caught(() => parseJson(text)).code).toBe("ERR_RESPONSE");
    },
  );

  it("R10 an answer that is not JSON is refused without being shown", () => {
    const error = caught(() => parseJson("<html>sentinel-7431 NaN</html>"));
    expect(error.code).toBe("ERR_RESPONSE");
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause} ${error.hint}`).not.toContain(
      "sentinel",
    );
  });

  it("refuses a nesting that would exhaust the stack", () => {
    const text = `${"[".repeat(500_000)}${beacon}${"]".repeat(500_000)}`;
    expect(caught(() => parseJson(text)).code).toBe("ERR_RESPONSE");
  });

  it.each(["1", "12345678901234567"])("C07 a __proto__ key beside %s changes no prototype", (number) => {
    const value = parseJson(
      `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"n":${number}}`,
    ) as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value.polluted).toBeUndefined();
    expect(Object.keys(value)).toEqual(["__proto__", "constructor", "n"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("stringifyJson", () => {
  it("writes a metric in MLflow's spelling", () => {
    const metric = { key: "m", value: Number.NaN, step: beacon, absent: undefined, none: null };
    expect(stringifyJson(metric)).toBe('{"key":"m","value":"NaN","step":9007199254740993,"none":null}');
    expect(stringifyJson([Number.POSITIVE_INFINITY, -Infinity, 1n])).toBe('["Infinity","-Infinity",1]');
  });

  it("agrees with JSON.stringify where nothing is special, whichever way is taken", () => {
    const rich = fc.oneof(
      plain,
      fc.record({
        date: fc.date({ noInvalidDate: true }),
        list: fc.array(fc.constantFrom(undefined, null, "null", 1)),
      }),
      fc.constant({ f: () => 1, s: Symbol("s"), hole: new Array(2), nested: { toJSON: (key: string) => `at ${key}` } }),
    );
    fc.assert(
      fc.property(rich, (value) => {
        expect(stringifyJson(value)).toBe(JSON.stringify(value));
        expect(stringifyJson([value, 1n])).toBe(JSON.stringify([value, 1]));
      }),
    );
  });

  it("comes back exact", () => {
    const metric = fc.record({ value: fc.oneof(fc.double(), special), step: fc.oneof(wide, fc.maxSafeInteger()) });
    fc.assert(
      fc.property(fc.array(metric), (metrics) => {
        const back = parseJson(stringifyJson({ metrics }));
        // JSON knows no negative zero.
        const expected = metrics.map(({ value, step }) => ({
          value: value === 0 ? 0 : value,
          step: step === 0 ? 0 : step,
        }));
        expect(back).toEqual({ metrics: expected });
      }),
    );
  });

  it("refuses what JSON cannot express", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const value of [cycle, undefined, () => 1, Symbol("s")]) {
      expect(caught(() => stringifyJson(value)).code).toBe("ERR_BODY");
    }
  });
});
