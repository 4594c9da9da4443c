import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { inspect } from "node:util";
import { MlflowError, type TlsIdentity } from "@mlflow-kit/core";
import { testContext } from "@mlflow-kit/core/testing";
import { findProgram } from "@mlflow-kit/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MtlsOptions, mtls } from "../src/index.ts";
import { authority, failure, folder } from "./files.ts";

const secret = "SENTINEL-passphrase";
const day = 86_400_000;
const { cert, key } = authority.issue({ name: "ada" });
const files = folder({ cert, key, both: `${key}\n${cert}` });
const certPath = "MLFLOW_TRACKING_CLIENT_CERT_PATH";
const keyPath = "MLFLOW_TRACKING_CLIENT_KEY_PATH";

/** Resolves, and answers what a new connection would be given. */
async function resolve(options: MtlsOptions = {}, fields: Parameters<typeof testContext>[0] = {}) {
  const context = testContext(fields);
  const auth = await mtls(options).resolve(context);
  const ask = auth?.tls as () => Promise<TlsIdentity>;
  return { auth, context, ask, identity: await ask?.() };
}

async function refusal(options: MtlsOptions, fields: Parameters<typeof testContext>[0] = {}) {
  const error = await failure(resolve(options, fields));
  expect(MlflowError.is(error), String(error)).toBe(true);
  expect(error.message).toMatch(/^mtls: /);
  const shown = inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error) + error.stack;
  expect(shown).not.toMatch(/SENTINEL/);
  for (const line of key.split("\n").filter((one) => one.length > 10 && !one.startsWith("-"))) {
    expect(shown).not.toContain(line);
  }
  return error;
}

function openssl(...parameters: string[]): void {
  execFileSync(findProgram("openssl") as string, parameters, { stdio: "ignore" });
}

describe("where it comes from", () => {
  it("the variables, one PEM or two", async () => {
    const two = await resolve({}, { env: { [certPath]: files.path("cert"), [keyPath]: files.path("key") } });
    expect(two.auth).toMatchObject({
      source: `${certPath}, ${keyPath}`,
      details: { cert: files.path("cert"), key: files.path("key") },
    });
    expect({ ...two.identity }).toMatchObject({ cert, key: key.trim() });
    const one = await resolve({}, { env: { [certPath]: files.path("both") } });
    expect(one.auth?.source).toBe(certPath);
    expect({ ...one.identity }).toMatchObject({ cert, key: key.trim() });
  });

  it("options: paths below home, PEM strings, bytes; with a server name", async () => {
    const given: MtlsOptions[] = [
      { cert: "~/cert", key: "~/key" },
      { cert, key },
      { cert: Buffer.from(cert), key: new Uint8Array(Buffer.from(key)) },
      { cert: cert + key },
    ];
    for (const options of given) {
      const { identity } = await resolve({ ...options, servername: "inner.test" }, { homeDir: files.home });
      expect({ ...identity }).toMatchObject({ cert, key: key.trim(), servername: "inner.test" });
    }
  });

  it("options come whole: a variable does not complete them", async () => {
    const env = { [keyPath]: files.path("key") };
    expect(await refusal({ cert: files.path("cert") }, { env })).toMatchObject({ code: "ERR_AUTH_TLS" });
  });

  it("not at all: it skips", async () => {
    const { auth, context } = await resolve({ passphrase: secret, servername: "inner.test" });
    expect(auth).toBeUndefined();
    expect(context.skipped).toEqual([`${certPath} is not set`]);
  });

  it("plain http, where a certificate does nothing, is warned about", async () => {
    const warned = async (trackingUri: string) => (await resolve({ cert, key }, { trackingUri })).context.warned;
    expect(await warned("http://mlflow.test")).toEqual([expect.stringMatching(/^mtls: .* plain http/)]);
    expect(await warned("https://mlflow.test")).toEqual([]);
  });

  it("I11 a key alone, pfx beside another", async () => {
    expect(await refusal({}, { env: { [keyPath]: files.path("key") } })).toMatchObject({
      code: "ERR_AUTH_INCOMPLETE",
      message: `mtls: ${keyPath} is set but ${certPath} is not`,
    });
    expect(await refusal({ key })).toMatchObject({
      code: "ERR_AUTH_INCOMPLETE",
      message: "mtls: the option key is set but the option cert is not",
    });
    expect(await refusal({ cert, pfx: Buffer.from("x") })).toMatchObject({ code: "ERR_AUTH_CONFLICT" });
  });

  it("I20 unknown options and wrong types", async () => {
    const wrong = [{ certificate: "x" }, { passphrase: 5 }, { servername: {} }, null, "SENTINEL"];
    for (const options of wrong) {
      expect(() => mtls(options as MtlsOptions)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
    }
    for (const value of [5, {}, "", { toString: () => "SENTINEL" }]) {
      expect(await refusal({ cert: value as string })).toMatchObject({ code: "ERR_AUTH_TLS" });
    }
  });

  it("what goes to token endpoints is said in the identity", async () => {
    expect((await resolve({ cert, key })).identity.tokenEndpoints).toBeUndefined();
    expect((await resolve({ cert, key, tokenEndpointCertificate: true })).identity.tokenEndpoints).toBe(true);
  });
});

describe("before it is used", () => {
  it("M01 files that cannot be read", async () => {
    mkdirSync(files.path("directory"));
    for (const path of [files.path("none"), files.path("directory"), "/dev/zero"]) {
      const error = await refusal({}, { env: { [certPath]: path } });
      expect(error).toMatchObject({ code: "ERR_AUTH_FILE", hint: `Check ${certPath}.` });
      expect(error.message).toContain(JSON.stringify(path));
    }
  });

  it.skipIf(process.getuid?.() === 0)("M01 a file without permission (not as root, who reads everything)", async () => {
    const path = files.write("locked", cert, 0o000);
    expect((await refusal({ cert: path })).message).toContain("permission denied");
  });

  it("I17 a NUL in the path", async () => {
    const error = await refusal({ cert: "/a\0b.pem" });
    expect(error).toMatchObject({ code: "ERR_AUTH_FILE", hint: "Check the option cert." });
  });

  it("M02 a key of another certificate", async () => {
    const other = files.write("other", authority.issue().key);
    const error = await refusal({ cert: files.path("cert"), key: other });
    expect(error.code).toBe("ERR_AUTH_TLS");
    expect(error.message).toBe(
      `mtls: the key in "${other}" does not belong to the certificate in "${files.path("cert")}"`,
    );
  });

  it("M03 an encrypted key: no, the wrong, the right passphrase", async () => {
    const options = { format: "pem", cipher: "aes-256-cbc", passphrase: secret } as const;
    for (const type of ["pkcs8", "sec1"] as const) {
      const locked = files.write(`locked-${type}`, createPrivateKey(key).export({ ...options, type }));
      const missing = await refusal({ cert, key: locked });
      expect(missing.message).toBe(`mtls: the key in "${locked}" is encrypted, and there is no passphrase`);
      const wrong = await refusal({ cert, key: locked, passphrase: "SENTINEL-wrong" });
      expect(wrong.message).toBe(`mtls: the passphrase does not open the key in "${locked}"`);
      const { identity, auth } = await resolve({ cert, key: locked, passphrase: secret });
      expect(identity.passphrase).toBe(secret);
      expect(inspect([identity, auth], { showHidden: true, depth: 9, getters: false })).not.toContain("SENTINEL");
      expect(JSON.stringify([identity, auth])).not.toContain("SENTINEL");
    }
  });

  it.skipIf(!findProgram("openssl"))("M04 PKCS#12: no, the wrong, the right passphrase (needs openssl)", async () => {
    const [pfx, bare] = [files.path("pfx"), files.path("bare.pfx")];
    const pass = ["-passout", `pass:${secret}`];
    openssl("pkcs12", "-export", "-in", files.path("both"), "-out", pfx, ...pass);
    openssl("pkcs12", "-export", "-nokeys", "-in", files.path("cert"), "-out", bare, ...pass);
    chmodSync(pfx, 0o600);
    expect((await refusal({ pfx })).message).toBe(`mtls: "${pfx}" is encrypted, and there is no passphrase`);
    expect((await refusal({ pfx, passphrase: "SENTINEL-wrong" })).message).toBe(
      `mtls: the passphrase does not open "${pfx}"`,
    );
    expect((await refusal({ pfx: bare, passphrase: secret })).message).toContain("both a certificate and its key");
    expect((await resolve({ pfx, passphrase: secret })).identity.pfx?.length).toBeGreaterThan(500);
    const tomorrow = { now: () => Date.now() + 3 * day };
    expect((await refusal({ pfx, passphrase: secret }, tomorrow)).message).toContain(`"${pfx}" expired on 20`);
  });

  it("M05 what is no PEM, empty, cut off, damaged, or no PKCS#12", async () => {
    const broken: [MtlsOptions, string][] = [
      [{ cert: files.write("empty", ""), key }, "holds no certificate in PEM"],
      [{ cert: files.write("garbage", "SENTINEL"), key }, "holds no certificate in PEM"],
      [{ cert: key, key }, "holds no certificate in PEM"],
      [{ cert: cert.slice(0, 200), key }, "holds a certificate that is cut off"],
      [{ cert: cert + cert.slice(0, 200), key }, "holds a certificate that is cut off"],
      [{ cert: cert.replace(/\n.{20}/, "\nSENTINELSENTINELSENT"), key }, "holds a damaged certificate (number 1)"],
      [{ cert, key: cert }, "holds no complete private key in PEM"],
      [{ cert, key: key.slice(0, 100) }, "holds no complete private key in PEM"],
      [{ cert, key: Buffer.from("SENTINEL") }, "holds no complete private key in PEM"],
      [{ cert, key: key.replace(/\n.{20}/, "\nSENTINELSENTINELSENT") }, "is damaged"],
      [{ pfx: Buffer.from("SENTINEL"), passphrase: secret }, "is no PKCS#12 file that this Node can read"],
    ];
    for (const [options, text] of broken) {
      const error = await refusal(options);
      expect(error.code).toBe("ERR_AUTH_TLS");
      expect(error.message).toContain(text);
    }
  });

  it("M05 material where a path belongs is not shown as one", async () => {
    const der = createPrivateKey(key).export({ format: "der", type: "pkcs8" }).toString("base64");
    for (const value of [key, key.replaceAll("\n", " "), der, der.replace(/.{64}/g, "$&\n")]) {
      const error = await refusal({}, { env: { [certPath]: files.path("cert"), [keyPath]: value } });
      expect(error).toMatchObject({
        code: "ERR_AUTH_TLS",
        message: `mtls: ${keyPath} holds something that is no path`,
      });
      expect(error.message).not.toContain(der.slice(0, 20));
    }
    expect(await refusal({ cert, key: der })).toMatchObject({ code: "ERR_AUTH_TLS" });
  });

  it("M05 whatever it is given, the errors are typed and show nothing of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12 }), fc.nat({ max: 210 }), async (text, at) => {
        const torn = `${key.slice(0, at)}SENTINEL${text}`;
        const error = await failure(resolve({ cert, key: Buffer.from(torn) }));
        expect(error).toMatchObject({ name: "AuthError", code: "ERR_AUTH_TLS" });
        expect(inspect(error, { showHidden: true })).not.toContain("SENTINEL");
      }),
      { numRuns: 60 },
    );
  });

  it("M06 a certificate without a key", async () => {
    const error = await refusal({}, { env: { [certPath]: files.path("cert") } });
    expect(error.message).toBe(`mtls: "${files.path("cert")}" holds no complete private key in PEM`);
    expect(error.hint).toContain(keyPath);
  });

  it("M07 expired, and not yet valid: the path and the date", async () => {
    const past = authority.issue({ notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-03T04:05:06Z") });
    const old = files.write("old", past.cert);
    expect((await refusal({ cert: old, key: past.key })).message).toBe(
      `mtls: the certificate in "${old}" expired on 2020-02-03T04:05:06.000Z`,
    );
    const future = authority.issue({ notBefore: new Date("2099-01-02"), notAfter: new Date("2099-02-03") });
    const young = files.write("young", future.cert);
    const { context, identity } = await resolve({ cert: young, key: future.key });
    expect(context.warned).toEqual([
      `mtls: the certificate in "${young}" is not valid before 2099-01-02T00:00:00.000Z`,
    ]);
    expect(identity.cert).toBe(future.cert);
  });

  it("M07 one that expires in use is warned about once", async () => {
    let now = Date.now();
    const { ask, context } = await resolve({ cert, key }, { now: () => now });
    now += 3 * day;
    for (let n = 0; n < 3; n += 1) await ask();
    expect(context.warned).toHaveLength(1);
    expect(context.warned[0]).toMatch(/^mtls: the certificate in use expired on \d{4}-.*Z, and no new one is there$/);
  });

  it("M11 byte order mark, CRLF, comments, and the chain behind the certificate", async () => {
    const below = authority.intermediate();
    const leaf = below.issue();
    const dressed = (text: string) => Buffer.from(`\ufeff# grüße\r\n${text.replaceAll("\n", "\r\n")}\r\nafter`);
    const { identity } = await resolve({ cert: dressed(leaf.cert + below.cert), key: dressed(leaf.key) });
    expect(identity.cert).toBe(leaf.cert + below.cert);
    expect(String(identity.key).replaceAll("\r", "")).toBe(leaf.key.trim());
  });

  it("M18 a key file that others can read", async () => {
    const open = files.write("open", key);
    chmodSync(open, 0o644);
    chmodSync(files.write("public", cert), 0o644);
    const { context } = await resolve({ cert: files.path("public"), key: open });
    expect(context.warned).toEqual([expect.stringContaining(`"${open}" is open to other users (mode 0644)`)]);
    chmodSync(files.write("open-both", cert + key), 0o640);
    const both = await resolve({ cert: files.path("open-both") });
    expect(both.context.warned).toEqual([expect.stringContaining("mode 0640")]);
  });
});
