/**
 * What CI runs: installs, builds, lints, type-checks and runs every test. Needs Node and npm, nothing else; ends with
 * one line that counts every test of every package.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkReadmes } from "./check-readmes.mjs";
import { checkThreats } from "./check-threats.mjs";
import { packages, readResults, resultFile, suites } from "./results.mjs";
import { pnpm, root, say } from "./run.mjs";
import { prepareMlflow, prepareSystemPrograms, reportMissing } from "./servers.mjs";

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  say(`Node ${process.versions.node} is too old: ${engines.node} is needed`);
  process.exit(1);
}

const total = { passed: 0, failed: 0, skipped: 0 };
const problems = [];

function fail(problem) {
  total.failed++;
  problems.push(problem);
}

function addResults(folders) {
  let failed = 0;
  for (const folder of folders) {
    const results = readResults(folder);
    say(`${folder}: ${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped.`);
    if (results.failed > 0) problems.push(`tests of ${folder}`);
    for (const key of Object.keys(total)) total[key] += results[key];
    failed += results.failed;
  }
  return failed;
}

function finish() {
  for (const problem of problems) say(`FAILED: ${problem}`);
  say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 ? 1 : 0);
}

async function step(label, ...args) {
  say(`—— ${label}`);
  const ok = (await pnpm(label, args)) === 0;
  if (!ok) fail(label);
  return ok;
}

for (const folder of [...packages, ...suites]) rmSync(resultFile(folder), { force: true });

if (!(await step("install", "install", "--frozen-lockfile", "--prefer-offline"))) finish();

const missing = await prepareSystemPrograms();
const env = { MLFLOW_KIT_PROGRAMS: `without ${missing.join(" ")}` };
const mlflow = prepareMlflow();

const turbo = [
  "exec",
  "turbo",
  "run",
  "--continue=dependencies-successful",
  "--output-logs=new-only",
  "--concurrency=2",
];
await step("lint", "exec", "biome", "check", ".");
await step("build", ...turbo, "build");
await step("types", ...turbo, "typecheck");
say("—— code in READMEs");
if ((await checkReadmes()) !== 0) fail("code in READMEs");

say("—— tests of the packages");
const turboEnded = await pnpm("tests of the packages", [...turbo, "test", "--filter=./packages/*"], { env });
const failedInPackages = addResults(packages);
if (turboEnded !== 0 && failedInPackages === 0) fail("the test runner of a package ended badly");

if (!(await mlflow)) missing.push("MLflow");
for (let count = reportMissing(missing); count > 0; count--) fail("a real server is missing");

for (const folder of suites) {
  say(`—— ${folder}`);
  const reporters = ["--reporter=default", "--reporter=json", "--outputFile.json=.cache/tests.json"];
  const ended = await pnpm(folder, ["--dir", folder, "exec", "vitest", "run", ...reporters]);
  if (addResults([folder]) === 0 && ended !== 0) fail(`the test runner of ${folder} ended badly`);
}

for (const problem of checkThreats()) fail(problem);

finish();
