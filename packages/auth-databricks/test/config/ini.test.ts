import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IniError, parseIni } from "../../src/config/ini.ts";

const parse = (text: string) =>
  Object.fromEntries([...parseIni(text)].map(([name, section]) => [name, Object.fromEntries(section)]));

describe("as Go's ini.v1 with SpaceBeforeInlineComment", () => {
  test.each([
    ["a comment needs a space before it", "[a]\nk = x#y # z", "x#y"],
    ["a semicolon, too", "[a]\nk = x;y ; z", "x;y"],
    ["double quotes are taken off", '[a]\nk = "x y"', "x y"],
    ["single quotes are taken off", "[a]\nk = 'x'", "x"],
    ["and only as a pair around everything", `[a]\nk = "x" "y"`, `"x" "y"`],
    ["a lone quote stays", `[a]\nk = "x`, `"x`],
    ["a comment within quotes ends the value all the same", '[a]\nk = "x # y"', '"x'],
    ["an equals sign belongs to the value", "[a]\nk = x=y:z", "x=y:z"],
    ["a colon separates, too", "[a]\nk: x", "x"],
    ["percent signs mean nothing", "[a]\nk = 100%(sure)s%%", "100%(sure)s%%"],
    ["a backslash at the end goes on", "[a]\nk = x\\\n  y", "xy"],
    ["until a line without one", "[a]\nk = x\\\ny\\\nz\nq = 1", "xyz"],
    ["triple quotes span lines", '[a]\nk = """x\ny # z"""\nq = 1', "x\ny # z"],
    ["backticks take everything literally", '[a]\nk = `x # "y`', 'x # "y'],
    ["white space around is no part", "  [a]\n\t k \t=\t x \r\n", "x"],
    ["the last of two keys wins", "[a]\nk = x\nk = y", "y"],
    ["sections of the same name are one", "[a]\nk = x\n[b]\nk = z\n[a]\nq = 1", "x"],
    ["an empty value is empty", "[a]\nk =", ""],
    ["a key may be quoted", '[a]\n"k" = x', "x"],
  ])("%s", (_, text, value) => {
    expect(parse(text).a!.k).toBe(value);
  });

  test("section names are literal, with dots and spaces", () => {
    expect(Object.keys(parse("[pat.with.dot]\n[two words]\n[ x ]"))).toEqual([
      "DEFAULT",
      "pat.with.dot",
      "two words",
      " x ",
    ]);
  });

  test("a key before any section is in DEFAULT, and names keep their case", () => {
    expect(parse("\ufeffhost = x\nHost = y").DEFAULT).toEqual({ host: "x", Host: "y" });
  });

  test.each([
    ["SECRET", "neither"],
    ["[SECRET", "closing bracket"],
    ["[]", "without a name"],
    ["= SECRET", "without a key"],
    ['"SECRET = x', "quoted key"],
    ['k = """SECRET', "closing quote"],
  ])("C01 %j is refused by its line number, not shown", (text, what) => {
    const error = (() => {
      try {
        return parseIni(`\n${text}`);
      } catch (reason) {
        return reason as IniError;
      }
    })() as IniError;
    expect(error).toBeInstanceOf(IniError);
    expect(error.message).toContain(what);
    expect(error.line).toBe(2);
    expect(`${error.message} ${error.stack}`).not.toContain("SECRET");
  });
});

test("C07 __proto__ and constructor are names like others", () => {
  const ini = parseIni("[__proto__]\npolluted = 1\n[constructor]\n__proto__ = 2");
  expect(ini.get("__proto__")?.get("polluted")).toBe("1");
  expect(ini.get("constructor")?.get("__proto__")).toBe("2");
  expect({}).not.toHaveProperty("polluted");
});

test("any text is read, or refused by an IniError", () => {
  const line = fc.oneof(fc.string(), fc.constantFrom("[a]", "k = ", 'k = """', "k = `", "k = \\", "# x", "= ", '"'));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parseIni(lines.join("\n"));
      } catch (error) {
        expect(error).toBeInstanceOf(IniError);
      }
    }),
  );
});

test("what is written plainly is read back", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
  const value = fc
    .stringMatching(/^[!#-&(-Z^-~][ -[\]-~]{0,20}$/)
    .filter((text) => !/ [#;]|^\s|\s$|\\$|`|"""/.test(text) && text.trim() === text && !/^["'].*["']$/.test(text));
  const file = fc.dictionary(name, fc.dictionary(name, value, { minKeys: 1 }), { minKeys: 1 });
  fc.assert(
    fc.property(file, fc.constantFrom("=", " = ", ": "), fc.constantFrom("\n", "\r\n"), (sections, equals, end) => {
      const text = Object.entries(sections)
        .flatMap(([section, keys]) => [`[${section}]`, ...Object.entries(keys).map(([key, one]) => key + equals + one)])
        .join(end);
      const read = parseIni(text);
      for (const [section, keys] of Object.entries(sections)) {
        for (const [key, one] of Object.entries(keys)) expect(read.get(section)?.get(key)).toBe(one);
      }
    }),
  );
});
