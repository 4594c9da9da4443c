import { AuthError } from "@mlflow-kit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIni } from "../src/ini.ts";

const about = { owner: "basic", file: "credentials" };
const parse = (text: string) =>
  Object.fromEntries([...parseIni(text, about)].map(([name, options]) => [name, Object.fromEntries(options)]));

describe("parseIni", () => {
  it("C01 reads what Python's ConfigParser reads", () => {
    const text = [
      "# comment",
      "  ; indented comment",
      "[mlflow]",
      "Plain = a",
      "colon: b=c",
      "equals=d:e",
      "hash = a # b ; c",
      'quotes = "a"',
      "spaces =   a b  ",
      "empty =",
      "empty-colon:",
      "brackets = [x]",
      "long = one",
      "   two",
      "",
      "\tthree",
      "",
      "[ spaced ]  trailing",
      "  indented = a",
      "  second = b",
      "    continued",
      "[https://[::1]:5000]",
      "[x=y]",
    ].join("\n");
    expect(parse(text)).toEqual({
      mlflow: {
        plain: "a",
        colon: "b=c",
        equals: "d:e",
        hash: "a # b ; c",
        quotes: '"a"',
        spaces: "a b",
        empty: "",
        "empty-colon": "",
        brackets: "[x]",
        long: "one\ntwo\n\nthree",
      },
      " spaced ": { indented: "a", second: "b\ncontinued" },
      "https://[::1]:5000": {},
      "x=y": {},
    });
  });

  it("C01 tolerates a byte order mark and every kind of line end", () => {
    expect(parse("\ufeff[a]\r\nb=c\rd=e\nf=g")).toEqual({ a: { b: "c", d: "e", f: "g" } });
    expect(parse("")).toEqual({});
  });

  it("C01 inherits [DEFAULT], wherever it stands", () => {
    const text = "[DEFAULT]\na=1\nb=2\n[x]\nb=3\n[DEFAULT]\nc=4\n[default]\n";
    expect(parse(text)).toEqual({ x: { a: "1", b: "3", c: "4" }, default: { a: "1", b: "2", c: "4" } });
  });

  it.each([
    ["SENTINEL=x", 1, "no [section]"],
    ["[a]\nSENTINEL", 2, "neither a section nor an option"],
    ["[a]\n=SENTINEL", 2, "neither a section nor an option"],
    ["[a]\nx=SENTINEL\nX:SENTINEL", 3, "this option came before"],
    ["[SENTINEL]\n[SENTINEL]", 2, "this section came before"],
    ["[]\n", 1, "no [section]"],
    ["[DEFAULT]\na=1\n[DEFAULT]\na=SENTINEL", 4, "this option came before"],
  ])("C01 refuses %j without echoing it", (text, line, _) => {
    let error: unknown;
    try {
      parseIni(text, about);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({
      code: "ERR_AUTH_FILE",
      message: expect.stringContaining(`credentials, line ${line}: `),
    });
    expect(`${error} ${(error as Error).stack}`).not.toContain("SENTINEL");
  });

  it("C02 C10 takes %, $(…) and %(…)s literally", () => {
    expect(parse("[a]\np = 100%sure%(x)s$(id)$HOME")).toEqual({ a: { p: "100%sure%(x)s$(id)$HOME" } });
  });

  it("C07 pollutes no prototype", () => {
    const ini = parseIni("[__proto__]\npolluted=1\n[constructor]\nprototype=1\n[a]\n__proto__=1", about);
    expect(ini.get("__proto__")?.get("polluted")).toBe("1");
    expect(ini.get("toString")).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("C01 never throws anything untyped, and never echoes its input", () => {
    const line = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("[mlflow]", "a=SENTINEL", " SENTINEL", "SENTINEL"),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          parseIni(lines.join("\n"), about);
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError);
          expect((error as Error).message).toMatch(/^basic: credentials, line \d+: [a-z [\]]+$/);
          expect((error as Error).message).not.toContain("SENTINEL");
        }
      }),
    );
  });

  it("C01 reads back every value without line breaks and outer spaces", () => {
    const value = fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text) && text.trim() === text);
    fc.assert(
      fc.property(value, (text) => {
        expect(
          parseIni(`[mlflow]\nmlflow_tracking_password = ${text}`, about)
            .get("mlflow")
            ?.get("mlflow_tracking_password"),
        ).toBe(text);
      }),
    );
  });
});
