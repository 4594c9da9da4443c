import { AuthError } from "@mlflow-kit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDatabricksUri } from "../src/index.ts";

test.each([
  ["databricks", { scheme: "databricks" }],
  ["databricks-uc", { scheme: "databricks-uc" }],
  ["databricks://p", { scheme: "databricks", profile: "p" }],
  ["databricks-uc://p/ignored?too", { scheme: "databricks-uc", profile: "p" }],
  ["databricks://scope:prefix", { scheme: "databricks", profile: "scope", keyPrefix: "prefix" }],
  ["Databricks://Dev", { scheme: "databricks", profile: "Dev" }],
])("%s", (uri, parsed) => {
  expect(parseDatabricksUri(uri)).toEqual(parsed);
});

test.each(["", "databricksx", "databricks-ucx://p", "https://databricks", "uc:databricks", "dbfs:/x"])(
  "%j is another one's",
  (uri) => {
    expect(parseDatabricksUri(uri)).toBeUndefined();
  },
);

test("any text is read, somebody else's, or refused by a typed error", () => {
  const uri = fc.tuple(
    fc.constantFrom("databricks", "databricks-uc", ""),
    fc.constantFrom("", ":", ":/", "://"),
    fc.string(),
  );
  fc.assert(
    fc.property(uri, (parts) => {
      try {
        const { profile } = parseDatabricksUri(parts.join("")) ?? {};
        if (profile !== undefined) expect(profile).toMatch(/^[^\s:/]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(AuthError);
        expect(error).toHaveProperty("code", "ERR_TRACKING_URI");
      }
    }),
  );
});
