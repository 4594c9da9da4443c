import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AuthError, MlflowError } from "../src/errors.ts";
import { createRedactor, printable, redactUrl, secretVariables } from "../src/redact.ts";

const secret = fc.string({ minLength: 6, maxLength: 40, unit: "grapheme" }).filter((text) => text.trim().length > 5);
const encodings: Record<string, (text: string) => string> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  percent: encodeURIComponent,
  form: (text) => new URLSearchParams([["", text]]).toString().slice(1),
  json: (text) => JSON.stringify(text).slice(1, -1),
};

describe("redact", () => {
  test.each(Object.keys(encodings))("L04 a secret in the form %s is taken out of any text", (form) => {
    fc.assert(
      fc.property(secret, (value) => {
        const redactor = createRedactor();
        redactor.add(value);
        const encoded = (encodings[form] as (text: string) => string)(value);
        expect(redactor.redact(`before>${encoded}<after`)).toBe("before>***<after");
      }),
    );
  });

  test("L04 the parts of a Basic header, decoded or not", () => {
    const redactor = createRedactor();
    redactor.addHeader("authorization", `Basic ${Buffer.from("user:SENTINEL-password").toString("base64")}`);
    const shown = redactor.redact(
      `SENTINEL-password user:SENTINEL-password ${Buffer.from("user:SENTINEL-password").toString("base64")}`,
    );
    expect(shown).toBe("*** *** ***");
  });

  test("L05 what a terminal would obey is escaped", () => {
    expect(createRedactor().redact("a\u001b[31mb\r\u2028")).toBe("a\\u001b[31mb\\u000d\\u2028");
    fc.assert(fc.property(fc.string(), (text) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(printable(text))));
  });

  test("values of variables that name a path, a type or an id stay", () => {
    const env = {
      MLFLOW_TRACKING_TOKEN: "abcdef",
      DATABRICKS_OIDC_TOKEN_FILEPATH: "/var/token",
      HTTP_TOKEN_TYPE: "bearer",
      EMPTY_TOKEN: "",
    };
    expect(secretVariables(env)).toEqual(["abcdef"]);
  });

  test("L06 a URL shows neither userinfo nor the values of its query", () => {
    expect(redactUrl("https://u:SENTINEL@h/p?a=SENTINEL&b=SENTINEL#SENTINEL")).toBe("https://h/p?a=***&b=***");
  });
});

describe("scrub", () => {
  const redactor = createRedactor();
  redactor.add("SENTINEL-value");
  const everything = (error: unknown) =>
    [
      inspect(error, { showHidden: true, depth: 10 }),
      JSON.stringify(error),
      String(error),
      String((error as Error).stack),
    ].join("\n");

  test("L02 an error of the family stays the same object, and shows nothing", () => {
    const error = new AuthError("ERR_AUTH_LOAD", "it said SENTINEL-value", {
      hint: "SENTINEL-value",
      remedies: ["SENTINEL-value"],
      cause: Object.assign(new Error("SENTINEL-value"), {
        request: { headers: "SENTINEL-value" },
        input: "SENTINEL-value",
      }),
    });
    const clean = redactor.scrub(error);
    expect(clean).toBe(error);
    expect(clean).toBeInstanceOf(AuthError);
    expect(clean.code).toBe("ERR_AUTH_LOAD");
    expect(everything(clean)).not.toContain("SENTINEL");
  });

  test("L02 L08 a foreign error is copied by its safe parts", () => {
    const foreign = Object.assign(new AggregateError([new Error("SENTINEL-value")], "SENTINEL-value"), {
      code: "ECONNRESET",
      data: Buffer.from("SENTINEL-value"),
      request: { authorization: "SENTINEL-value" },
    });
    const clean = redactor.scrub(foreign) as Error & { code: string };
    expect(clean.code).toBe("ECONNRESET");
    expect(everything(clean)).not.toContain("SENTINEL");
    expect(clean).not.toHaveProperty("request");
  });

  test("an abort is handed back as it came", () => {
    const reason = AbortSignal.abort().reason;
    expect(redactor.scrub(reason)).toBe(reason);
  });

  test("errors of another copy of the package are recognised", () => {
    const twin = Object.assign(new Error("x"), { [Symbol.for("@mlflow-kit/error")]: true });
    expect(MlflowError.is(twin)).toBe(true);
  });
});
