import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** One rule of a fake program: the first whose `when` fits is played. */
export interface Rule {
  readonly when: { readonly argv?: string[]; readonly argvPrefix?: string[]; readonly argvContains?: string };
  readonly exit: number;
  readonly stdout?: string;
  readonly stdoutJson?: unknown;
  readonly jsonStdoutWhenArg?: Readonly<Record<string, unknown>>;
  readonly stderr?: string;
}

const script = `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const argv = process.argv.slice(2);
appendFileSync(__filename + ".log", JSON.stringify(argv) + "\\n");
const starts = (list) => list.every((part, index) => argv[index] === part);
for (const { when, ...rule } of JSON.parse(readFileSync(__filename + ".json", "utf8"))) {
  if (when.argv && !(when.argv.length === argv.length && starts(when.argv))) continue;
  if (when.argvPrefix && !starts(when.argvPrefix)) continue;
  if (when.argvContains && !argv.some((part) => part.includes(when.argvContains))) continue;
  const asked = Object.entries(rule.jsonStdoutWhenArg ?? {}).find(([arg]) => argv.includes(arg));
  const json = asked ? asked[1] : rule.stdoutJson;
  process.stdout.write(json === undefined ? (rule.stdout ?? "") : JSON.stringify(json));
  process.stderr.write(rule.stderr ?? "");
  process.exitCode = rule.exit;
  return;
}
process.exitCode = 97;
`;

/** Writes a program that answers by rules, padded to a size, and logs its arguments beside itself. */
export async function writeExecutable(folder: string, name: string, rules: readonly Rule[], size = 0): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(`${path}.json`, JSON.stringify(rules));
  await writeFile(path, size > script.length ? `${script}//${"-".repeat(size - script.length)}\n` : script);
  await chmod(path, 0o755);
  return path;
}
