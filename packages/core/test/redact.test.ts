import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AuthError, MlflowError, RestError } from "../src/errors.ts";
import { createRedactor, printable, redactUrl, secretVariables } from "../src/redact.ts";

const secret = fc.string({ minLength: 6, maxLength: 40, unit: "grapheme" }).filter((text) => text.trim().length > 5);
const encodings: Record<string, (text: string) => string> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  percent: encodeURIComponent,
  form: (text) => new URLSearchParams([["", text]]).toString().slice(1),
  "unpadded base64": (text) => Buffer.from(text).toString("base64").replace(/=+$/, ""),
  "lower-case percent": (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  "Python's quote": (text) => strictly(text).replaceAll("%2F", "/"),
  "Python's quote_plus": (text) => strictly(text).replaceAll("%20", "+"),
  json: (text) => JSON.stringify(text).slice(1, -1),
  "Python's json": (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[^\x00-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
  html: (text) =>
    text.replace(/[&<>"']/g, (char) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "#34", "'": "#39" }[char]};`),
  latin1: (text) => Buffer.from(text).toString("latin1"),
  printable,
};

function strictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

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

  test("L04 a secret is gone however often and wherever it stands", () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), fc.array(fc.string()), (secrets, between) => {
        const redactor = createRedactor();
        for (const value of secrets) redactor.add(value);
        const text = [...between, ...secrets, ...secrets].join("|");
        const safe = redactor.redact(text);
        for (const value of secrets) expect(safe).not.toContain(value);
      }),
    );
  });

  test("L04 a secret that stays in use is known, however many others come and go", () => {
    const redactor = createRedactor();
    for (let n = 0; n < 3000; n += 1) {
      redactor.addHeader("authorization", "Bearer SENTINEL-stays");
      redactor.addHeader("x-nonce", `nonce-${n}`);
    }
    expect(redactor.redact("SENTINEL-stays nonce-2999")).toBe("*** ***");
  });

  test("L04 the values of cookies", () => {
    const redactor = createRedactor();
    redactor.addHeader("cookie", "session=SENTINEL-1; theme=SENTINEL-2");
    expect(redactor.redact("SENTINEL-1 and SENTINEL-2")).toBe("*** and ***");
  });

  test("L04 what shows itself as a secret: signatures, JSON web tokens", () => {
    const shown = createRedactor().redact(
      `AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=${"0a".repeat(32)} eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig`,
    );
    expect(shown).toBe("AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=*** ***");
  });

  test("a text of three characters is no secret: it would hide ordinary words", () => {
    const redactor = createRedactor();
    redactor.add("the");
    expect(redactor.redact("the server said no")).toBe("the server said no");
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
      USE_TOKEN: "true",
      GOOGLE_APPLICATION_CREDENTIALS: "/etc/key.json",
      HTTPS_PROXY: "http://user:p%40ss@proxy:3128",
      NO_PROXY: "localhost",
    };
    expect(secretVariables(env)).toEqual(["abcdef", "p%40ss", "p@ss"]);
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

  test("L02 R09 whatever else hangs on an error of the family", () => {
    const error = new RestError("ERR_REST", "x", { status: 500, errorCode: "SENTINEL-value", body: "SENTINEL-value" });
    Object.assign(error, { request: { authorization: "SENTINEL-value" } });
    const clean = redactor.scrub(error);
    expect(clean.errorCode).toBe("***");
    expect(everything(clean)).not.toContain("SENTINEL");
  });

  test("L02 foreign things: an imitation of an abort, no message, no error at all", () => {
    const imitation = Object.assign(new Error("SENTINEL-value"), { name: "AbortError", data: "SENTINEL-value" });
    const odd = Object.assign(new Error(), { message: { toString: () => "SENTINEL-value" }, name: 7 });
    for (const thrown of [imitation, odd, "SENTINEL-value", { message: "SENTINEL-value", body: "SENTINEL-value" }]) {
      expect(everything(redactor.scrub(thrown))).not.toContain("SENTINEL");
    }
    expect(redactor.scrub(undefined)).toBeUndefined();
    expect(redactor.scrub(null)).toBeNull();
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

test("U12 a secret that a redirect echoes is hidden as the URL spells it", () => {
  const redactor = createRedactor();
  const secret = `p@ss "w/rd+é<x>'%`;
  redactor.add(secret);
  const { pathname } = new URL(secret, "http://host/");
  expect(redactor.redact(`redirects to ${pathname}`)).toBe("redirects to /***");
});
