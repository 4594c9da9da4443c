import { execFile } from "node:child_process";
import { join } from "node:path";
import { repository } from "@mlflow-kit/testing";

/** A program that came with this workspace's own dependencies. */
export const bin = (name: string) => join(repository, "testing/suites/node_modules/.bin", name);

/** Runs a program to its end and returns what it printed; its whole output is in the error when it fails. */
export function command(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string | undefined> },
): Promise<string> {
  const env = { ...process.env, ...options.env };
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(" ")}\n${stdout}\n${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
