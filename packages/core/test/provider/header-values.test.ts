import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AuthError } from "../../src/index.ts";
import { basicAuthorization, checkToken, formEncode, jwtExpiry } from "../../src/provider/index.ts";

const secret = "SENTINEL-9f2c";

function refused(act: () => unknown): AuthError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ code: "ERR_AUTH_INVALID" });
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret);
    return error as AuthError;
  }
  throw new Error("not refused");
}

describe("checkToken", () => {
  const about = { owner: "token", setting: "MLFLOW_TRACKING_TOKEN" };
  const check = (value: unknown) => checkToken(value, about);

  it("passes bearer tokens as they are", () => {
    for (const token of ["a", "A-b.c_d~e+f/g==", "dapi0123", "aaa.bbb.ccc"]) expect(check(token)).toBe(token);
  });

  it("I04 refuses line breaks", () => {
    for (const end of ["\r\nX: y", "\n", "\r", "\0"]) refused(() => check(secret + end));
  });

  it("I10 I12 refuses what is empty or white space", () => {
    for (const token of ["", "   ", "\n"])
      expect(refused(() => check(token)).message).toBe("token: MLFLOW_TRACKING_TOKEN is empty");
  });

  it("I13 refuses what is not a b64token", () => {
    for (const bad of ['"', ",", " ", "é", "日", "=a", ":", "\t", "\u007f"])
      refused(() => check(`${secret}${bad}${secret}`));
    refused(() => check("=="));
  });

  it("I14 says that Bearer is to be left out", () => {
    for (const prefix of ["Bearer ", "bearer\t", " BEARER  "]) {
      expect(refused(() => check(prefix + secret)).hint).toBe('Leave out the word "Bearer".');
    }
  });

  it("I20 refuses what is not a string", () => {
    for (const value of [
      123,
      null,
      undefined,
      Buffer.from(secret),
      { toString: () => secret },
      [secret],
      new String(secret),
    ]) {
      expect(refused(() => check(value)).message).toMatch(/is not a string$/);
    }
  });

  it("I23 takes a very long token, and decides on one at once", () => {
    expect(check("a".repeat(65_536))).toHaveLength(65_536);
    const before = performance.now();
    refused(() => check(`${"a=".repeat(500_000)}!`));
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it("lets nothing through that could break a header", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (value) => {
        try {
          expect(check(value)).toMatch(/^[\x21-\x7e]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError);
        }
      }),
    );
  });
});

describe("basicAuthorization", () => {
  const about = { owner: "basic", usernameSetting: "username", passwordSetting: "password" };
  const basic = (username: unknown, password: unknown) => basicAuthorization(username, password, about);

  it("answers as the RFC's examples do", () => {
    expect(basic("Aladdin", "open sesame")).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    expect(basic("test", "123£")).toBe("Basic dGVzdDoxMjPCow==");
  });

  it("I01 I02 I03 refuses control characters", () => {
    for (const bad of ["\r\nX-Evil: 1", "\n", "\r", "\0", "\u007f", "\u001b", "\t"]) {
      refused(() => basic(secret + bad, "p"));
      refused(() => basic("u", secret + bad));
    }
  });

  it("I05 refuses a colon in the username, and says why", () => {
    expect(refused(() => basic(`${secret}:b`, "p")).message).toBe("basic: username holds a colon");
  });

  it("I06 I07 I08 keeps colons, UTF-8 and both normal forms of the password", () => {
    for (const password of ["a:b:c", "パスワード", "🔑", "\u00e9", "e\u0301", "100%sure", " "]) {
      const [, encoded] = basic("u", password).split(" ");
      expect(Buffer.from(encoded!, "base64").toString()).toBe(`u:${password}`);
    }
  });

  it("I09 refuses half of a surrogate pair", () => {
    refused(() => basic("u", `${secret}\ud800`));
    refused(() => basic(`\udc00${secret}`, "p"));
  });

  it("I10 I20 refuses empties and what is not a string", () => {
    for (const value of ["", 1, null, undefined, Buffer.from(secret), { toString: () => secret }]) {
      refused(() => basic(value, "p"));
      refused(() => basic("u", value));
    }
  });

  it("round-trips or refuses, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (username, password) => {
        try {
          const [, encoded] = basic(username, password).split(" ");
          expect(Buffer.from(encoded!, "base64").toString()).toBe(`${username}:${password}`);
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError);
        }
      }),
    );
  });
});

describe("formEncode", () => {
  it("T18 encodes as a form does", () => {
    expect(formEncode("a%:+ /é&=")).toBe("a%25%3A%2B+%2F%C3%A9%26%3D");
    expect(formEncode("")).toBe("");
  });

  it("is undone by a form decoder", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        expect(new URLSearchParams(`a=${formEncode(value)}`).get("a")).toBe(value);
      }),
    );
  });
});

describe("jwtExpiry", () => {
  const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;

  it("reads exp", () => {
    expect(jwtExpiry(jwt({ exp: 1_700_000_000 }))).toEqual(new Date(1_700_000_000_000));
    expect(jwtExpiry(jwt({ exp: 1.5 }))).toEqual(new Date(1500));
  });

  it("answers undefined for everything else", () => {
    for (const claims of [{}, null, [], "a", { exp: "1" }, { exp: 0 }, { exp: -1 }, { exp: 1e300 }, { exp: null }]) {
      expect(jwtExpiry(jwt(claims))).toBeUndefined();
    }
    for (const token of ["", "a", "a.b", "a.b.c", "..", `${jwt({ exp: 1 })}.x.y`])
      expect(jwtExpiry(token)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (token) => void jwtExpiry(token)));
  });
});
