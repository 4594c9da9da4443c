import { expect, it } from "vitest";
import { checkOptions } from "../../src/provider/index.ts";

it("C08 lists the known options when there is an unknown one", () => {
  checkOptions({}, ["a"], "basic");
  checkOptions({ a: undefined }, ["a"], "basic");
  for (const options of [
    { b: 1 },
    { toString: () => "a" },
    JSON.parse('{"__proto__": 1}'),
    { constructor: 1 },
    Buffer.from("a"),
    null,
    "a",
    1,
  ]) {
    expect(() => checkOptions(options, ["a"], "basic")).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        hint: "The options are: a.",
        message: expect.stringMatching(/^basic: /),
      }),
    );
  }
  expect(() => checkOptions({ a: 1, b: 2 }, ["a"], "basic")).toThrow('basic: there is no option "b"');
});
