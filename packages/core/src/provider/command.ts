import type { ChildProcess } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { delimiter, extname, isAbsolute, join } from "node:path";
import { type Environment, envString } from "../environment.ts";
import { AuthError } from "../errors.ts";

/** How {@link runCommand} runs a program. */
export interface CommandOptions {
  /** The provider's name, for errors. */
  readonly owner: string;
  /** The whole environment of the program. */
  readonly env: Environment;
  /** Milliseconds. Default 30 000. */
  readonly timeoutMs?: number;
  /** Bytes of stdout and stderr together. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Where a secret belongs that the program needs: arguments can be seen by every user of the machine. */
  readonly stdin?: string;
}

/** What a program left behind. `exitCode` is −1 when a signal ended it. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const graceMs = 1_000;

/**
 * Runs a program without a shell, and without a terminal to ask on. A bare name is looked up along `env.PATH`, never
 * in the working directory. The exit code is the caller's to judge.
 *
 * @throws AuthError `ERR_AUTH_COMMAND` when the program is missing, cannot be started, runs longer than `timeoutMs`
 * or says more than `maxBytes`; in the last two cases its whole process tree is killed. Nothing of what it said, and
 * none of its arguments, is in the error. When `signal` aborts, its reason is thrown.
 */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<CommandResult> {
  const { owner, env, timeoutMs = 30_000, maxBytes = 1024 * 1024, signal } = options;
  const failed = (what: string, hint: string) => new AuthError("ERR_AUTH_COMMAND", `${owner}: ${what}`, { hint });

  if (!Array.isArray(command) || !command.every((part) => typeof part === "string" && !part.includes("\0"))) {
    throw failed("the command is not an array of strings", 'Write it as ["program", "argument", …].');
  }
  const [name, ...args] = command;
  if (!name) throw failed("the command is empty", 'Write it as ["program", "argument", …].');
  const shown = JSON.stringify(name);
  const program = /[/\\]/.test(name) ? name : await findExecutable(name, env);
  if (program === undefined)
    throw failed(`the command ${shown} was not found on PATH`, `Install ${shown}, or give its absolute path.`);
  if (process.platform === "win32" && /^\.(cmd|bat)$/i.test(extname(program))) {
    throw failed(`the command ${shown} is a batch file, which needs a shell`, "Give the program that it starts.");
  }
  signal?.throwIfAborted();

  return new Promise((resolve, reject) => {
    const cannotStart = (error: unknown) =>
      failed(
        `the command ${shown} could not be started (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`,
        `Check that ${shown} exists and may be run.`,
      );
    let child: ChildProcess;
    try {
      // A process group of its own: it can be killed with all its children, and cannot ask on our terminal.
      child = process.getBuiltinModule("node:child_process").spawn(program, args, {
        env: env as NodeJS.ProcessEnv,
        detached: process.platform !== "win32",
        windowsHide: true,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch (error) {
      return reject(cannotStart(error));
    }

    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    let grace: NodeJS.Timeout | undefined;
    const settle = (act: () => void) => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal?.removeEventListener("abort", onAbort);
      child.stdout?.destroy();
      child.stderr?.destroy();
      act();
    };
    const giveUp = (error: unknown) =>
      settle(() => {
        killTree(child);
        reject(error);
      });
    const onAbort = () => giveUp(signal?.reason);
    const timer = setTimeout(
      () =>
        giveUp(
          failed(
            `the command ${shown} did not end within ${timeoutMs / 1000} s`,
            "Run it by hand: does it ask for something?",
          ),
        ),
      timeoutMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });

    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.on("data", (chunk: Buffer) => {
        size += chunk.length;
        output[stream].push(chunk);
        if (size > maxBytes)
          giveUp(
            failed(`the command ${shown} said more than ${maxBytes} bytes`, "It should print the credential only."),
          );
      });
    }
    const done = (exitCode: number | null) =>
      settle(() =>
        resolve({
          stdout: Buffer.concat(output.stdout).toString(),
          stderr: Buffer.concat(output.stderr).toString(),
          exitCode: exitCode ?? -1,
        }),
      );
    child.on("error", (error) => settle(() => reject(cannotStart(error))));
    child.on("close", done);
    // A helper that the program left in the background may hold its output open for ever.
    child.on("exit", (code) => {
      grace = setTimeout(done, graceMs, code);
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.stdin ?? "");
  });
}

/** Looks for a program along `env.PATH` (absolute entries only; `PATHEXT` on Windows), without running anything. */
export async function findExecutable(name: string, env: Environment): Promise<string | undefined> {
  if (name === "" || /[/\\\0]/.test(name)) return undefined;
  const windows = process.platform === "win32";
  const pathKey = windows ? (Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH") : "PATH";
  const extensions =
    windows && extname(name) === "" ? (envString(env, "PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";") : [""];
  for (const folder of (env[pathKey] ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    for (const extension of extensions) {
      const path = join(folder, name + extension);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") {
      const { spawn } = process.getBuiltinModule("node:child_process");
      spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on(
        "error",
        () => {},
      );
    } else {
      process.kill(-child.pid, "SIGKILL");
    }
  } catch {
    child.kill("SIGKILL");
  }
}
