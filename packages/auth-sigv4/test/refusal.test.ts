import type { Refusal } from "@mlflow-kit/core";
import { testContext } from "@mlflow-kit/core/testing";
import { describe, expect, it } from "vitest";
import { type AwsCredentials, sigv4 } from "../src/index.ts";
import { nativeSha256 } from "../src/sha256.ts";
import { signRequest } from "../src/sign-request.ts";
import { createSigner } from "../src/signer.ts";

const real = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const skewed = (
  headers: Refusal["headers"],
  text = '{"message":"Signature expired: x is now earlier than y"}',
): Refusal => ({
  status: 403,
  headers,
  text,
});
const at = (time: number) => new Date(time).toUTCString();

/** A provider whose clock says `clock.now`, and what it does. */
async function start(credentials: AwsCredentials | ((options?: { forceRefresh?: boolean }) => AwsCredentials) = fixed) {
  const clock = { now: real };
  const context = testContext({ now: () => clock.now });
  const auth = await sigv4({ credentials, region: "eu-west-1" }).resolve(context);
  let credential = await auth?.load?.(context);
  return {
    clock,
    async sign(headers: Record<string, string> = {}) {
      const request = { method: "GET", url: new URL("https://h/"), headers };
      await credential?.authorize(request);
      return request;
    },
    async recover(refusal: Refusal, request: Parameters<NonNullable<typeof auth>["recover"] & object>[1]) {
      const changed = await auth?.recover?.(refusal, request);
      if (changed) credential = await auth?.load?.(context);
      return changed;
    },
    expiresAt: () => credential?.expiresAt?.getTime(),
    reload: async () => {
      credential = await auth?.load?.(context);
    },
  };
}

const fixed: AwsCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

describe("clock skew", () => {
  it("T21 S13 is learnt from Date once, and asks for no second try when it teaches nothing new", async () => {
    const { clock, sign, recover } = await start();
    clock.now = real + 20 * minute;
    const request = await sign();
    expect(request.headers["x-amz-date"]).toBe("20260301T122000Z");
    expect(await recover(skewed({ date: at(real) }), request)).toBe(true);
    const again = await sign();
    expect(again.headers["x-amz-date"]).toBe("20260301T120000Z");
    expect(await recover(skewed({ date: at(real) }), again)).toBe(false);
  });

  it("serves requests that were refused at the same time", async () => {
    const { clock, sign, recover } = await start();
    clock.now = real - 20 * minute;
    const [first, second] = [await sign(), await sign()];
    expect(await recover(skewed({ date: at(real) }), first)).toBe(true);
    expect(await recover(skewed({ date: at(real + 1000) }), second)).toBe(true);
  });

  it("T22 corrects Date by Age, so that a stored answer does not poison it", async () => {
    const { clock, sign, recover } = await start();
    clock.now = real + 20 * minute;
    const request = await sign();
    expect(await recover(skewed({ date: at(real - 86_400_000), age: "86400" }), request)).toBe(true);
    expect((await sign()).headers["x-amz-date"]).toBe("20260301T120000Z");
  });

  it.each([
    ["RequestTimeTooSkewed", "<Error><Code>RequestTimeTooSkewed</Code></Error>"],
    ["Signature not yet current", '{"message":"Signature not yet current: x is still later than y"}'],
    ["RequestExpired", "<Error><Code>RequestExpired</Code></Error>"],
  ])("is recognised in %s", async (_name, text) => {
    const { clock, sign, recover } = await start();
    clock.now = real + 20 * minute;
    expect(await recover(skewed({ date: at(real) }, text), await sign())).toBe(true);
  });

  it("is not suspected in other refusals, nor without a date", async () => {
    const { clock, sign, recover } = await start();
    clock.now = real + 20 * minute;
    const request = await sign();
    expect(await recover(skewed({ date: at(real) }, '{"message":"Forbidden"}'), request)).toBe(false);
    expect(await recover(skewed({}), request)).toBe(false);
    expect(await recover(skewed({ date: "yesterday" }), request)).toBe(false);
    expect(await recover(skewed({ date: at(real), age: "old" }), request)).toBe(false);
  });

  it("moves the expiration of the credentials with it, without asking for others", async () => {
    let asked = 0;
    const { clock, sign, recover, expiresAt } = await start(() => {
      asked++;
      return { ...fixed, expiration: new Date(real + 60 * minute) };
    });
    clock.now = real + 20 * minute;
    await recover(skewed({ date: at(real) }), await sign());
    expect(expiresAt()).toBe(real + 80 * minute);
    expect(asked).toBe(1);
  });
});

describe("stale credentials", () => {
  const expired: Refusal = { status: 403, headers: { "x-amzn-errortype": "ExpiredTokenException" }, text: "{}" };

  it("are asked for again, past every cache", async () => {
    const asked: unknown[] = [];
    const { sign, recover } = await start((options) => {
      asked.push(options?.forceRefresh);
      return { accessKeyId: `AKID${asked.length}`, secretAccessKey: "s", sessionToken: `t${asked.length}` };
    });
    expect(await recover(expired, await sign())).toBe(true);
    expect(asked).toEqual([false, true]);
    expect((await sign()).headers["x-amz-security-token"]).toBe("t2");
  });

  it.each([
    '{"message":"The security token included in the request is expired"}',
    "<Error><Code>InvalidClientTokenId</Code></Error>",
    '{"__type":"UnrecognizedClientException"}',
  ])("are recognised in %s", async (text) => {
    const { sign, recover } = await start(() => fixed);
    expect(await recover({ status: 403, headers: {}, text }, await sign())).toBe(true);
  });

  it("T10 that are static are not", async () => {
    const { sign, recover } = await start();
    expect(await recover(expired, await sign())).toBe(false);
  });

  it("S10 never mix: the set of one signature is the one that was loaded", async () => {
    const shared = { accessKeyId: "AKIDOLD", secretAccessKey: "old", sessionToken: "old-token" };
    const { sign, reload } = await start(() => shared);
    const before = (await sign()).headers;
    Object.assign(shared, { accessKeyId: "AKIDNEW", secretAccessKey: "new", sessionToken: "new-token" });
    const { headers } = await sign();
    expect(headers.authorization).toContain("AKIDOLD");
    expect(headers["x-amz-security-token"]).toBe(before["x-amz-security-token"]);
    await reload();
    expect((await sign()).headers).toMatchObject({
      authorization: expect.stringContaining("AKIDNEW"),
      "x-amz-security-token": "new-token",
    });
  });
});

describe("signatures", () => {
  it("S08 carry the time of their own attempt", async () => {
    const { clock, sign } = await start();
    const first = await sign();
    clock.now += 6 * minute;
    const second = await sign({});
    expect(second.headers["x-amz-date"]).toBe("20260301T120600Z");
    expect(second.headers.authorization).not.toBe(first.headers.authorization);
  });

  it("S07 cover content-type and our own headers, and nothing that is rewritten on the way", async () => {
    const { sign } = await start();
    const { headers } = await sign({
      "content-type": "application/json",
      "x-mlflow-workspace": "w",
      connection: "keep-alive",
      "user-agent": "u",
      "accept-encoding": "gzip",
      traceparent: "t",
      "x-amzn-trace-id": "t",
    });
    expect(headers.authorization).toContain(
      "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-mlflow-workspace,",
    );
  });

  it.each([
    ["https://h:443/", "h"],
    ["http://h:80/", "h"],
    ["http://h:5000/", "h:5000"],
    ["https://H.example:8443/", "h.example:8443"],
    ["http://[::1]:5000/", "[::1]:5000"],
  ])("S09 cover the Host that is sent: %s", async (url, host) => {
    const hashed: string[] = [];
    class Recording extends nativeSha256() {
      override update(data: Uint8Array): void {
        hashed.push(Buffer.from(data).toString());
        super.update(data);
      }
    }
    const signer = createSigner({ credentials: fixed, region: "r", service: "s", sha256: Recording });
    await signRequest({ method: "GET", url: new URL(url), headers: {} }, signer, "s", new Date(real));
    expect(hashed.join("\n")).toContain(`\nhost:${host}\n`);
  });
});
