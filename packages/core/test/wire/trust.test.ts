import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../../../testing/src/index.ts";
import { MlflowError } from "../../src/errors.ts";
import { loadTrust } from "../../src/wire/trust.ts";
import { failure } from "./helpers.ts";

const [one, two] = [createAuthority("One"), createAuthority("Two")];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trust-"));
  return () => rm(folder, { recursive: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe("M11 bundles", () => {
  test("M11 many certificates, byte order mark, CRLF, comments", async () => {
    const messy = `\ufeff# Größe\r\n\r\n${one.cert.replaceAll("\n", "\r\n")}Certificate:\r\n  Data: -- x\r\n${two.cert} \n# end`;
    const path = await file("messy.pem", messy);
    for (const ca of [path, messy, Buffer.from(messy)]) {
      const trust = await loadTrust({}, { ca });
      expect(trust).toEqual({ anchors: [one.cert, two.cert], add: false, insecure: false, source: "tls.ca" });
    }
    const trust = await loadTrust({ MLFLOW_TRACKING_CA_BUNDLE_PATH: path });
    expect(trust).toMatchObject({ anchors: [one.cert, two.cert], source: "MLFLOW_TRACKING_CA_BUNDLE_PATH" });
  });

  test("M11 a folder of files, links included, other files ignored, each certificate once", async () => {
    const sub = join(folder, "certs");
    await mkdir(join(sub, "deeper"), { recursive: true });
    await writeFile(join(sub, "a.pem"), one.cert + two.cert);
    await writeFile(join(sub, "README"), "hello");
    await symlink(join(sub, "a.pem"), join(sub, "0123abcd.0"));
    await symlink(join(sub, "missing"), join(sub, "dangling.0"));
    expect((await loadTrust({ MLFLOW_TRACKING_SERVER_CERT_PATH: sub })).anchors).toEqual([one.cert, two.cert]);
    expect(await failure(loadTrust({}, { ca: join(sub, "deeper") }))).toMatchObject({
      code: "ERR_AUTH_TLS",
      message: expect.stringContaining("holds no PEM certificate"),
    });
  });

  test("nothing set: Node's own list", async () => {
    expect(await loadTrust({})).toEqual({ add: false, insecure: false });
    expect(await loadTrust({ MLFLOW_TRACKING_CA_BUNDLE_PATH: "", MLFLOW_TRACKING_INSECURE_TLS: "" })).toEqual({
      add: false,
      insecure: false,
    });
  });

  test("M12 replacing is the default, adding is explicit", async () => {
    expect((await loadTrust({}, { ca: one.cert })).add).toBe(false);
    expect((await loadTrust({}, { ca: one.cert, trust: "replace" })).add).toBe(false);
    expect((await loadTrust({}, { ca: one.cert, trust: "add" })).add).toBe(true);
    const path = await file("one.pem", one.cert);
    expect((await loadTrust({ MLFLOW_TRACKING_CA_BUNDLE_PATH: path }, { trust: "add" })).add).toBe(true);
    expect(await failure(loadTrust({}, { trust: "both" as "add" }))).toMatchObject({ code: "ERR_OPTION" });
  });

  test("two variables: the same file is fine, two are a conflict, the option beats both", async () => {
    const [a, b] = [await file("a.pem", one.cert), await file("b.pem", two.cert)];
    const link = join(folder, "link.pem");
    await symlink(a, link);
    const both = (first: string, second: string) => ({
      MLFLOW_TRACKING_CA_BUNDLE_PATH: first,
      MLFLOW_TRACKING_SERVER_CERT_PATH: second,
    });
    expect((await loadTrust(both(a, a))).anchors).toEqual([one.cert]);
    expect((await loadTrust(both(a, link))).anchors).toEqual([one.cert]);
    const error = await failure(loadTrust(both(a, b)));
    expect(error).toMatchObject({ code: "ERR_AUTH_CONFLICT" });
    expect(error.message).toContain("MLFLOW_TRACKING_CA_BUNDLE_PATH and MLFLOW_TRACKING_SERVER_CERT_PATH");
    expect((await loadTrust(both(a, b), { ca: two.cert })).anchors).toEqual([two.cert]);
  });
});

describe("M05 what is no bundle is an error that shows the path, not the content", () => {
  const begin = "-----BEGIN CERTIFICATE-----\n";
  const end = "-----END CERTIFICATE-----\n";
  test.each([
    ["an empty file", "", "holds no PEM certificate"],
    ["text", "SENTINEL", "holds no PEM certificate"],
    ["a key", createAuthority().key, "holds a private key, no certificate"],
    ["a damaged certificate", `${one.cert}${begin}U0VOVElORUw=\n${end}`, "holds a damaged certificate (number 2 of 2)"],
    ["no base64", `${begin}SENTINEL!\n${end}`, "holds a damaged certificate (number 1 of 1)"],
    ["a cut off certificate", one.cert + two.cert.slice(0, 200), "holds a certificate that is cut off"],
  ])("M05 %s", async (_, content, text) => {
    const path = await file("bad.pem", content);
    const error = await failure(loadTrust({ MLFLOW_TRACKING_CA_BUNDLE_PATH: path }));
    expect(error).toMatchObject({ name: "AuthError", code: "ERR_AUTH_TLS" });
    expect(error.message).toBe(`tls: MLFLOW_TRACKING_CA_BUNDLE_PATH (${path}) ${text}`);
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/SENTINEL|U0VOVElORUw|MIG/);
    expect(await failure(loadTrust({}, { ca: Buffer.from(content) }))).toMatchObject({ code: "ERR_AUTH_TLS" });
  });

  test("M05 missing, empty and special paths", async () => {
    const missing = join(folder, "missing.pem");
    expect((await failure(loadTrust({}, { ca: missing }))).message).toBe(`tls: tls.ca (${missing}) does not exist`);
    expect(await failure(loadTrust({}, { ca: "" }))).toMatchObject({ code: "ERR_AUTH_TLS" });
    expect(await failure(loadTrust({}, { ca: "/etc\0/passwd" }))).toMatchObject({ code: "ERR_AUTH_TLS" });
    if (process.platform !== "win32") {
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      expect((await failure(loadTrust({}, { ca: pipe }))).message).toContain("is neither a file nor a folder");
    }
    const large = await file("large.pem", Buffer.alloc(16 * 1024 * 1024 + 1));
    expect((await failure(loadTrust({}, { ca: large }))).message).toContain("is larger than 16 MiB");
  });

  test("M05 whatever the bytes are, the answer is certificates or a typed error", async () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => Buffer.from(`${begin}${text}${end}${one.cert}`)),
      fc.string().map((text) => Buffer.from(one.cert.slice(0, 300) + text + one.cert.slice(300))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (ca) => {
        const outcome = await loadTrust({}, { ca }).catch((error) => error);
        if (outcome instanceof Error) expect(MlflowError.is(outcome) && outcome.code).toBe("ERR_AUTH_TLS");
        else expect(outcome.anchors).toContain(one.cert);
      }),
    );
  });
});

describe("M13 insecure", () => {
  test("M13 by option or variable; the option wins", async () => {
    const env = { MLFLOW_TRACKING_INSECURE_TLS: "TRUE" };
    expect(await loadTrust(env)).toEqual({ add: false, insecure: true, source: "MLFLOW_TRACKING_INSECURE_TLS" });
    expect(await loadTrust({}, { insecure: true })).toMatchObject({ insecure: true, source: "tls.insecure" });
    expect(await loadTrust(env, { insecure: false })).toMatchObject({ insecure: false });
  });

  test("M13 together with a bundle is an error, in any mixture", async () => {
    const path = await file("bundle.pem", one.cert);
    const cases = [
      loadTrust({ MLFLOW_TRACKING_INSECURE_TLS: "1", MLFLOW_TRACKING_CA_BUNDLE_PATH: path }),
      loadTrust({ MLFLOW_TRACKING_INSECURE_TLS: "1" }, { ca: one.cert }),
      loadTrust({ MLFLOW_TRACKING_SERVER_CERT_PATH: path }, { insecure: true }),
      loadTrust({}, { ca: one.cert, insecure: true }),
    ];
    for (const loading of cases) expect(await failure(loading)).toMatchObject({ code: "ERR_AUTH_CONFLICT" });
  });

  test("M13 maybe is an error, never a yes", async () => {
    for (const value of ["maybe", "yes", " true", "2"]) {
      expect(await failure(loadTrust({ MLFLOW_TRACKING_INSECURE_TLS: value }))).toMatchObject({ code: "ERR_ENV" });
    }
  });
});
