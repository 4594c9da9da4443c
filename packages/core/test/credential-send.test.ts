import { describe, expect, onTestFinished, test } from "vitest";
import { credentialSend } from "../src/credential-send.ts";
import { createRedactor } from "../src/redact.ts";
import { createWire } from "../src/wire/index.ts";
import { json, serve } from "./serve.ts";

function make() {
  const redactor = createRedactor();
  const wire = createWire({ env: {}, timeoutMs: 5_000, trustMode: "token-endpoint", log: { debug() {}, warn() {} } });
  onTestFinished(() => wire.close());
  return { redactor, send: credentialSend((request) => wire.send(request), redactor, Date.now) };
}

const post = (url: string, body = "") => ({ method: "POST", url: new URL(url), headers: {}, body });

describe("context.send", () => {
  test.each(["http://idp.example/token", "ftp://127.0.0.1/", "http://127.0.0.1.evil.example/"])(
    "T17 %s is not asked",
    async (url) => {
      await expect(make().send(post(url))).rejects.toMatchObject({ code: "ERR_AUTH_LOAD" });
    },
  );

  test("T16 a redirect is answered, not followed", async () => {
    const attacker = await serve((_, response) => response.end());
    const { origin } = await serve((_, response) => response.writeHead(307, { location: attacker.origin }).end());
    expect((await make().send(post(origin, "client_secret=SENTINEL"))).status).toBe(307);
    expect(attacker.seen).toEqual([]);
  });

  test.each([429, 502, 503, 504])("T20 %d is tried again, after Retry-After", async (status) => {
    const { origin, seen } = await serve((_, response, index) =>
      json(response, index === 0 ? status : 200, {}, { "retry-after": "0" }),
    );
    expect((await make().send(post(origin))).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  test.each([400, 401, 403, 404, 500])("T19 %d is answered at once", async (status) => {
    const { origin, seen } = await serve((_, response) => json(response, status, { error: "invalid_client" }));
    expect((await make().send(post(origin))).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  test("an answer of more than 1 MiB is refused", async () => {
    const { origin } = await serve((_, response) => response.end("x".repeat(1024 * 1024 + 1)));
    await expect(make().send(post(origin))).rejects.toMatchObject({ code: "ERR_RESPONSE_TOO_LARGE" });
  });

  test("an abort ends the wait", async () => {
    const { origin } = await serve(() => {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(make().send({ ...post(origin), signal: controller.signal })).rejects.toThrow("enough");
  });

  test("L04 what is secret in the question and in the answer is learnt", async () => {
    const { origin } = await serve((_, response) =>
      json(response, 200, { access_token: "SENTINEL-access", token_type: "Bearer", refresh_token: "SENTINEL-refresh" }),
    );
    const { redactor, send } = make();
    await send(post(origin, "client_id=me&client_secret=SENTINEL-secret&subject_token=SENTINEL-subject"));
    const shown = redactor.redact("SENTINEL-access SENTINEL-refresh SENTINEL-secret SENTINEL-subject Bearer me");
    expect(shown).toBe("*** *** *** *** Bearer me");
  });
});
