import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { payloadHash } from "../src/payload.ts";

const https = new URL("https://h/");
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
type Body = Parameters<typeof payloadHash>[0];
const hash = async (body: Body, service = "execute-api", url = https) => payloadHash(body, service, url);
async function* stream() {
  yield new Uint8Array(3);
}

describe("payloadHash", () => {
  it("S05 is the hash of the bytes sent, for text and bytes of any length", async () => {
    expect(await hash(undefined)).toBe(sha256(""));
    expect(await hash("")).toBe(sha256(""));
    for (const text of [
      "{}",
      "ünï 🎉",
      "🎉".repeat(200_000),
      `a${"🎉".repeat(100_000)}`,
      `\ud800${"x".repeat(70_000)}`,
    ]) {
      expect(await hash(text)).toBe(sha256(Buffer.from(text)));
      expect(await hash(Buffer.from(text))).toBe(sha256(Buffer.from(text)));
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 100 }), fc.nat(3000), async (text, times) => {
        const long = text.repeat(times);
        expect(await hash(long)).toBe(sha256(Buffer.from(long)));
      }),
      { numRuns: 30 },
    );
  });

  it("hashes 64 MiB in turns of about half a millisecond", async () => {
    const body = new Uint8Array(64 * 1024 * 1024);
    let turns = 0;
    let done = false;
    const count = () => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await hash(body);
    done = true;
    // 64 MiB take at least 25 ms on any processor of today.
    expect(turns).toBeGreaterThan(25);
  });

  it("S06 asks a source for its own digest", async () => {
    const source = { length: 3, open: stream, sha256: async () => "abc" };
    expect(await hash(source)).toBe("abc");
  });

  it("S06 leaves a one-shot stream unsigned for S3 over https, and refuses it everywhere else", async () => {
    expect(await hash(stream(), "s3")).toBe("UNSIGNED-PAYLOAD");
    await expect(hash(stream(), "s3", new URL("http://h/"))).rejects.toMatchObject({ code: "ERR_BODY" });
    await expect(hash(stream())).rejects.toMatchObject({
      code: "ERR_BODY",
      message: "sigv4: a stream cannot be signed for execute-api, because it can be read only once",
      hint: "Pass fileBody(path) for a file, or the bytes themselves.",
    });
  });
});
