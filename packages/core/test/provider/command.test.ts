import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { findExecutable, runCommand } from "../../src/provider/index.ts";

const folder = mkdtempSync(join(tmpdir(), "provider-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = process.execPath;
const options = { owner: "token", env: { PATH: folder } };
const secret = "SENTINEL-9f2c";

function gone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return true;
  }
}

async function eventually(check: () => boolean): Promise<boolean> {
  for (let i = 0; i < 100 && !check(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  return check();
}

describe("runCommand", () => {
  it("gives back what the program said, and its exit code", async () => {
    const script = "process.stdin.pipe(process.stdout); console.error(process.env.A); process.exitCode = 3";
    const result = await runCommand([node, "-e", script], { ...options, env: { A: "a", B: undefined }, stdin: "é\n" });
    expect(result).toEqual({ stdout: "é\n", stderr: "a\n", exitCode: 3 });
  });

  it("P01 starts no shell", async () => {
    const script = "console.log(JSON.stringify(process.argv.slice(1)))";
    const args = ["$(id)", "; rm -rf x", "`id`", "|", "a b", "*"];
    const result = await runCommand([node, "-e", script, ...args], options);
    expect(JSON.parse(result.stdout)).toEqual(args);
  });

  it("P02 kills a program that hangs, with its children", async () => {
    const pids = join(folder, "pids");
    const script = `
      const { spawn } = require("node:child_process"), { writeFileSync } = require("node:fs");
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
      writeFileSync(${JSON.stringify(pids)}, process.pid + " " + child.pid);
      console.log("${secret}"); setInterval(() => {}, 1000);`;
    const error = await runCommand([node, "-e", script], { ...options, timeoutMs: 2_500 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ERR_AUTH_COMMAND", message: expect.stringContaining("within 2.5 s") });
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret);
    const [parent, child] = readFileSync(pids, "utf8").split(" ").map(Number);
    expect(await eventually(() => gone(parent!) && gone(child!))).toBe(true);
  });

  it("P02 stops a program that says too much", async () => {
    const script = `for (;;) require("node:fs").writeSync(1, "${secret}".repeat(1000))`;
    const error = await runCommand([node, "-e", script], { ...options, maxBytes: 100_000 }).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "ERR_AUTH_COMMAND",
      message: expect.stringContaining("more than 100000 bytes"),
    });
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret);
  });

  it("P02 does not wait for a helper left in the background", async () => {
    const script = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 8000)"], { stdio: "inherit", detached: true });
      child.unref(); console.log("done")`;
    const before = performance.now();
    expect(await runCommand([node, "-e", script], options)).toMatchObject({ stdout: "done\n", exitCode: 0 });
    expect(performance.now() - before).toBeLessThan(7_000);
  });

  it("P02 reports a program that a signal ended", async () => {
    const result = await runCommand([node, "-e", "process.kill(process.pid, 'SIGKILL')"], options);
    expect(result.exitCode).toBe(-1);
  });

  it("P04 shows no argument when a program cannot be started", async () => {
    const path = join(folder, "not-executable");
    writeFileSync(path, "x", { mode: 0o600 });
    for (const command of [
      [path, secret],
      [join(folder, "none"), secret],
      ["none", secret],
      [node, `${secret}\0`],
    ]) {
      const error = await runCommand(command as [string], options).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "ERR_AUTH_COMMAND" });
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret);
    }
  });

  it("P05 says that a program is missing, and what to do", async () => {
    await expect(runCommand(["no-such-program"], options)).rejects.toMatchObject({
      code: "ERR_AUTH_COMMAND",
      message: 'token: the command "no-such-program" was not found on PATH',
      hint: expect.stringContaining("Install"),
    });
  });

  it("I20 refuses what is not an array of strings", async () => {
    for (const command of [[], [""], "ls", undefined, [1], [node, null], [{ toString: () => "ls" }]]) {
      await expect(runCommand(command as [string], options)).rejects.toMatchObject({ code: "ERR_AUTH_COMMAND" });
    }
  });

  it("heeds an abort", async () => {
    const reason = new Error("enough");
    await expect(runCommand([node], { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const running = runCommand([node, "-e", "setInterval(() => {}, 1000)"], { ...options, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 200);
    await expect(running).rejects.toBe(reason);
  });
});

describe("findExecutable", () => {
  const bin = join(folder, "bin");
  mkdirSync(join(bin, "folder"), { recursive: true });
  writeFileSync(join(bin, "tool"), "#!/bin/sh\n", { mode: 0o755 });
  chmodSync(join(bin, "tool"), 0o755);
  writeFileSync(join(bin, "data"), "", { mode: 0o644 });

  it("finds programs in absolute folders only", async () => {
    const env = { PATH: ["", ".", "relative", join(folder, "none"), bin].join(delimiter) };
    expect(await findExecutable("tool", env)).toBe(join(bin, "tool"));
    for (const name of ["data", "folder", "none", "", "../bin/tool", join(bin, "tool")]) {
      expect(await findExecutable(name, env)).toBeUndefined();
    }
    expect(await findExecutable("tool", {})).toBeUndefined();
  });

  it("P03 never takes a program from the working directory", async () => {
    const PATH = ["", ".", "./", relative(process.cwd(), bin)].join(delimiter);
    expect(await findExecutable("tool", { PATH })).toBeUndefined();
    await expect(runCommand(["tool"], { ...options, env: { PATH } })).rejects.toThrow(/not found on PATH/);
  });
});
