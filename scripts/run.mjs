import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository, without a trailing slash. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

const started = Date.now();
let lastOutput = started;
const running = new Set();

/** Prints one line. */
export function say(line) {
  lastOutput = Date.now();
  process.stdout.write(`${line}\n`);
}

// A silent compiler or download is not a hung one: the reader hears of it at least every five seconds.
setInterval(() => {
  if (running.size > 0 && Date.now() - lastOutput > 4_000) {
    say(`… ${Math.round((Date.now() - started) / 1000)} s: ${[...running].join(", ")}`);
  }
}, 500).unref();

/**
 * Runs a program, showing what it prints.
 *
 * @returns Its exit code; 127 when it cannot be started, 128 when a signal ended it.
 */
export function run(label, command, args, { env = {}, cwd = root, quiet = false } = {}) {
  running.add(label);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let kept = "";
    const show = (chunk) => {
      if (quiet) {
        kept = (kept + chunk).slice(-20_000);
        return;
      }
      lastOutput = Date.now();
      process.stdout.write(chunk);
    };
    child.stdout.on("data", show);
    child.stderr.on("data", show);
    const end = (code) => {
      running.delete(label);
      if (code !== 0 && kept) process.stdout.write(kept);
      resolve(code);
    };
    child.once("error", (error) => {
      say(`${label}: ${error.message}`);
      end(127);
    });
    child.once("close", (code) => end(code ?? 128));
  });
}

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Runs the pinned pnpm, which npx fetches where it is not installed. Takes what `run` takes. */
export function pnpm(label, args, options = {}) {
  const env = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", ...options.env };
  return run(label, "npx", ["-y", packageManager, ...args], { ...options, env });
}
