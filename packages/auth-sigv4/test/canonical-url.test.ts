import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalizeUrl } from "../src/canonical-url.ts";

const canonical = (url: string) => {
  const parsed = new URL(url);
  const query = canonicalizeUrl(parsed);
  return { sent: parsed.pathname + parsed.search, query: { ...query } };
};

describe("canonicalizeUrl", () => {
  it("S02 percent-encodes !'()* in query and path", () => {
    expect(canonical("https://h/a!'()*b?k!=v'()*").sent).toBe("/a%21%27%28%29%2Ab?k%21=v%27%28%29%2A");
  });

  it("S03 sends a space as %20, and a plus that is meant as %2B", () => {
    expect(canonical("https://h/?experiment_name=a+b%2Bc").sent).toBe("/?experiment_name=a%20b%2Bc");
  });

  it("S04 leaves encoded paths as they are, for the signer to encode once more", () => {
    expect(canonical("https://h/my%20model.pkl").sent).toBe("/my%20model.pkl");
    expect(canonical("https://h/a%2Fb").sent).toBe("/a%2Fb");
  });

  it("keeps repeated names in their order, and = in values", () => {
    expect(canonical("https://h/?a=2&b==x=&a=1&c&&a=")).toEqual({
      sent: "/?a=2&b=%3Dx%3D&a=1&c=&a=",
      query: { a: ["2", "1", ""], b: "=x=", c: "" },
    });
  });

  it("treats a stray percent sign as one", () => {
    expect(canonical("https://h/100%?q=5%").sent).toBe("/100%25?q=5%25");
  });

  it("C07 takes names of Object.prototype as names", () => {
    const { sent, query } = canonical("https://h/?__proto__=a&constructor=b");
    expect(sent).toBe("/?__proto__=a&constructor=b");
    expect(Object.keys(query)).toEqual(["__proto__", "constructor"]);
  });

  it("refuses a query that is not UTF-8, without showing it", () => {
    expect(() => canonical("https://h/?secret=%FFabc")).toThrow(expect.objectContaining({ code: "ERR_AUTH_INVALID" }));
    expect(() => canonical("https://h/?secret=%FFabc")).not.toThrow("abc");
  });

  it("holds nothing but unreserved characters, means the same, and is stable", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text), { maxLength: 6 }),
        fc.array(text, { maxLength: 4 }),
        (pairs, segments) => {
          const path = segments.map(encodeURIComponent).join("/");
          const url = new URL(`https://h/${path}?${new URLSearchParams(pairs)}`);
          const meant = [...url.searchParams];
          const query = canonicalizeUrl(url);
          expect(url.pathname + url.search).toMatch(/^\/(?:[\w\-.~/]|%[\dA-F]{2})*(?:\?(?:[\w\-.~&=]|%[\dA-F]{2})*)?$/);
          expect([...url.searchParams]).toEqual(meant);
          for (const [name] of meant) {
            const values = meant.filter(([other]) => other === name).map(([, value]) => value);
            expect([query[name]].flat()).toEqual(values);
          }
          const once = url.href;
          canonicalizeUrl(url);
          expect(url.href).toBe(once);
        },
      ),
    );
  });
});
