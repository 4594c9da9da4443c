import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { token } from "../src/index.ts";
import { credentialOf, headersOf, jwt, testContext } from "./context.ts";

const folder = mkdtempSync(join(tmpdir(), "token-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function write(content: string, path = join(folder, `token${files++}`), mode = 0o600): string {
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const now = 1_700_000_000_000;

/** A provider over one file, and what it loads. */
async function reader(file: string) {
  const context = testContext({ now: () => now, homeDir: folder });
  const auth = await token({ file }).resolve(context);
  const load = () => credentialOf(auth, context);
  return { ...context, auth, load, sent: async () => (await headersOf(await load())).authorization };
}

describe("token({ file })", () => {
  it("I15 drops white space and a byte order mark", async () => {
    for (const text of ["abc", "abc\n", "\r\n abc \r\n", "\ufeffabc"])
      expect(await (await reader(write(text))).sent()).toBe("Bearer abc");
    write("home", join(folder, "at-home"));
    expect((await reader("~/at-home")).auth?.source).toBe(`the file ${JSON.stringify(join(folder, "at-home"))}`);
  });

  it("is read when it is loaded, not when it is selected", async () => {
    const { auth } = await reader(join(folder, "not-yet"));
    expect(auth?.authorize).toBeUndefined();
  });

  it("is looked into again after a minute, or before the token ends", async () => {
    const times = async (text: string) => {
      const { expiresAt, refreshAt } = await (await reader(write(text))).load();
      return [expiresAt?.getTime(), refreshAt?.getTime()].map((time) => time && time - now);
    };
    expect(await times("abc")).toEqual([undefined, 60_000]);
    expect(await times(jwt({ exp: now / 1000 + 3600 }))).toEqual([3_600_000, 60_000]);
    expect(await times(jwt({ exp: now / 1000 + 20 }))).toEqual([20_000, 10_000]);
  });

  it("T21 leaves a token that seems to have ended to the server", async () => {
    const { expiresAt, refreshAt } = await (await reader(write(jwt({ exp: now / 1000 - 600 })))).load();
    expect([expiresAt, refreshAt?.getTime()]).toEqual([undefined, now + 60_000]);
  });

  it("T23 follows a symbolic link that is swapped, as in a projected volume", async () => {
    const root = join(folder, "projected");
    for (const [version, text] of [
      ["v1", "one"],
      ["v2", "two"],
    ] as const) {
      mkdirSync(join(root, version), { recursive: true });
      write(text, join(root, version, "token"));
    }
    symlinkSync("v1", join(root, "..data"));
    symlinkSync(join("..data", "token"), join(root, "token"));
    const { sent } = await reader(join(root, "token"));
    expect(await sent()).toBe("Bearer one");
    symlinkSync("v2", join(root, "..tmp"));
    renameSync(join(root, "..tmp"), join(root, "..data"));
    expect(await sent()).toBe("Bearer two");
  });

  it("T23 I16 never sends an empty, missing or half-written file", async () => {
    const path = write("");
    const { load, sent, warned } = await reader(path);
    await expect(load()).rejects.toMatchObject({ code: "ERR_AUTH_FILE", message: expect.stringMatching(/is empty$/) });
    expect(warned).toEqual([]);

    const whole = jwt({ exp: now / 1000 + 3600, pad: "x".repeat(200) });
    write(whole, path);
    expect(await sent()).toBe(`Bearer ${whole}`);
    for (const broken of [
      "",
      "\n",
      whole.slice(0, 10),
      whole.slice(0, whole.lastIndexOf(".")),
      whole.slice(0, whole.lastIndexOf(".") + 1),
    ]) {
      write(broken, path);
      await expect(load()).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
      expect(warned.splice(0)).toEqual([
        expect.stringMatching(/^token: .*; the token that was read before stays in use$/),
      ]);
    }
    rmSync(path);
    await expect(load()).rejects.toMatchObject({ code: "ERR_AUTH_FILE", message: expect.stringMatching(/ENOENT/) });
    write("other", path);
    expect(await sent()).toBe("Bearer other");
  });

  it("T23 waits a moment for a file that is being written", async () => {
    const path = write("");
    const { sent } = await reader(path);
    const reading = sent();
    setTimeout(() => write("done", path), 20);
    expect(await reading).toBe("Bearer done");
  });

  it("I16 refuses a directory, a device and 10 MB, without hanging", async () => {
    for (const path of [folder, "/dev/zero", write("a".repeat(10_000_000))]) {
      await expect((await reader(path)).load()).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
    }
    await expect((await reader("/a\0b")).load()).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
  });

  it("C05 C06 warns when others can read it, and wants a home directory for ~", async () => {
    expect((await reader(write("abc", undefined, 0o644))).warned).toEqual([expect.stringMatching(/mode 0644/)]);
    const context = testContext({ homeDir: "" });
    await expect(token({ file: "~/token" }).resolve(context)).rejects.toMatchObject({ code: "ERR_AUTH_FILE" });
  });
});
