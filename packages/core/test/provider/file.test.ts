import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { AuthError } from "../../src/index.ts";
import { expandHome, readCredentialBytes, readCredentialFile, readOptionalFile, warnIfExposed } from "../../src/provider/index.ts";

const folder = mkdtempSync(join(tmpdir(), "provider-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const about = { owner: "token", setting: "file" };

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("readCredentialBytes", () => {
  it("reads what is not text, and refuses what readCredentialFile refuses", async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0, 0xff]);
    expect(await readCredentialBytes(file("binary", bytes), about)).toEqual(bytes);
    for (const path of [join(folder, "none"), folder, "/dev/zero", "a\0b", ""]) {
      await expect(readCredentialBytes(path, about)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
    }
  });
});

describe("readCredentialFile", () => {
  it("I15 drops a byte order mark and trims nothing", async () => {
    expect(await readCredentialFile(file("bom", "\ufeff a\r\n "), about)).toBe(" a\r\n ");
    expect(await readCredentialFile(file("empty", ""), about)).toBe("");
  });

  it("I16 refuses a directory, a FIFO, a device and a large file, without hanging", async () => {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const large = file("large", "SENTINEL".repeat(1_250_000));
    mkdirSync(join(folder, "directory"));
    for (const path of [join(folder, "directory"), fifo, "/dev/zero", "/dev/null", large]) {
      const error = await readCredentialFile(path, about).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AuthError);
      expect(error).toMatchObject({ code: "ERR_AUTH_FILE", hint: "Check file." });
      expect(String(error)).toContain(JSON.stringify(path));
      expect(String(error)).not.toContain("SENTINEL");
    }
  });

  it("I16 reads no more than the limit", async () => {
    const path = file("limit", "12345");
    expect(await readCredentialFile(path, { ...about, limit: 5 })).toBe("12345");
    await expect(readCredentialFile(path, { ...about, limit: 4 })).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
  });

  it("I17 refuses a NUL in the path, and what is no path", async () => {
    for (const path of ["/a\0b", "", 7, undefined, { toString: () => "/etc/hosts" }]) {
      await expect(readCredentialFile(path as string, about)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
      await expect(readOptionalFile(path as string, about)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
    }
  });

  it("refuses bytes that are not UTF-8 instead of changing them", async () => {
    await expect(readCredentialFile(file("latin1", new Uint8Array([0x70, 0xe9])), about)).rejects.toThrow(/not UTF-8/);
  });

  it("says that a file is missing", async () => {
    await expect(readCredentialFile(join(folder, "none"), about)).rejects.toThrow(/^token: .*none".*ENOENT/);
  });

  it("L05 escapes line breaks in a path", async () => {
    await expect(readCredentialFile(join(folder, "a\nb"), about)).rejects.toThrow(/a\\nb/);
  });
});

describe("readOptionalFile", () => {
  it("answers undefined for a missing file only", async () => {
    expect(await readOptionalFile(join(folder, "none"), about)).toBeUndefined();
    expect(await readOptionalFile(join(file("plain", ""), "below"), about)).toBeUndefined();
    await expect(readOptionalFile(folder, about)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
    symlinkSync("loop", join(folder, "loop"));
    await expect(readOptionalFile(join(folder, "loop"), about)).rejects.toThrow(/symbolic links \(ELOOP\)/);
  });
});

describe("warnIfExposed", () => {
  async function warnings(path: string): Promise<string[]> {
    const said: string[] = [];
    await warnIfExposed(path, { owner: "basic", log: { debug: () => {}, warn: (message) => void said.push(message) } });
    return said;
  }

  it("C05 warns of modes 0644 and 0666, through symbolic links too", async () => {
    const open = file("open", "", 0o644);
    expect(await warnings(open)).toEqual([expect.stringMatching(/^basic: .*mode 0644.*chmod 600/)]);
    symlinkSync(open, join(folder, "link"));
    expect(await warnings(join(folder, "link"))).toHaveLength(1);
    expect(await warnings(file("wide", "", 0o666))).toHaveLength(1);
    expect(await warnings(file("closed", "", 0o600))).toEqual([]);
    expect(await warnings(join(folder, "none"))).toEqual([]);
  });
});

describe("expandHome", () => {
  it("expands the home directory and nothing else", () => {
    expect(expandHome("~", "/home/me")).toBe("/home/me");
    expect(expandHome("~/.mlflow/credentials", "/home/me")).toBe("/home/me/.mlflow/credentials");
    for (const path of ["/a/~", "~other/a", "a", "$HOME/a", "%HOME%"]) expect(expandHome(path, "")).toBe(path);
  });

  it("C06 refuses a home directory that is empty or relative", () => {
    for (const home of ["", ".", "home"]) {
      expect(() => expandHome("~/a", home)).toThrow(expect.objectContaining({ code: "ERR_AUTH_FILE" }));
    }
  });

  it("C10 interpolates nothing", () => {
    expect(expandHome("~/$(id)/$HOME/%HOME%", "/home/me")).toBe("/home/me/$(id)/$HOME/%HOME%");
  });
});
