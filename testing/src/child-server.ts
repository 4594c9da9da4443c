import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** A running program and its children. */
export interface ChildServer {
  /** What it printed so far, the last 64 KiB. */
  log(): string;
  /** Ends it and its children, and nothing else. */
  close(): Promise<void>;
}

// A test run that is killed cannot clean up: its end closes this shell's stdin, which ends the whole process group.
const whileParentLives =
  'exec 3<&0; trap : TERM; "$@" 3<&- & server=$!; (cat <&3 >/dev/null; kill -TERM 0) & wait $server; wait $server; kill -TERM 0';

/**
 * Starts a server program in a process group of its own and waits until it answers.
 *
 * @throws Error with the end of its log when it exits first, or does not answer within `timeoutMs` (60 000).
 */
export async function startChild(options: {
  name: string;
  command: readonly [string, ...string[]];
  isReady(): Promise<boolean>;
  cwd?: string;
  env?: Record<string, string | undefined>;
  timeoutMs?: number;
}): Promise<ChildServer> {
  const { name, command, isReady, cwd, env, timeoutMs = 60_000 } = options;
  const child = spawn("/bin/sh", ["-c", whileParentLives, "sh", ...command], {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
  });
  let log = "";
  const keep = (chunk: Buffer) => {
    log = (log + chunk).slice(-65_536);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);

  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      keep(Buffer.from(error.message));
      resolve();
    });
    child.once("exit", () => resolve());
  });
  let running = true;
  void ended.then(() => {
    running = false;
  });

  const signal = (kind: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, kind);
    } catch {}
  };
  const killAtExit = () => signal("SIGKILL");
  process.once("exit", killAtExit);

  const close = async () => {
    signal("SIGTERM");
    await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
    signal("SIGKILL");
    await ended;
    process.off("exit", killAtExit);
  };

  const deadline = Date.now() + timeoutMs;
  while (!(await isReady().catch(() => false))) {
    if (!running || Date.now() > deadline) {
      await close();
      throw new Error(`${name} did not start:\n${log.slice(-4_000)}`);
    }
    await sleep(100);
  }
  return { log: () => log, close };
}
