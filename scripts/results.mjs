/** Where every package leaves what its tests found, and how to read it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

/** Folders whose tests turbo runs and caches. */
export const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}`);

/** Folders whose tests need real servers, which turbo would hide from them. */
export const suites = ["examples", "examples/provider-package", "testing/suites"].filter(
  (folder) => readJson(join(root, folder, "package.json"))?.scripts?.test,
);

/** The JSON report of vitest for a folder. */
export const resultFile = (folder) => join(root, folder, ".cache", "tests.json");

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** What a folder's tests found; a report that is missing, torn or without any test is a failure. */
export function readResults(folder) {
  let report;
  try {
    report = readJson(resultFile(folder));
  } catch {}
  const tests = report?.testResults.flatMap((file) => file.assertionResults) ?? [];
  if (!report || report.numTotalTestSuites === 0) return { passed: 0, failed: 1, skipped: 0, titles: [] };
  const count = (...states) => tests.filter((test) => states.includes(test.status)).length;
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: count("passed"),
    failed: count("failed") + brokenFiles.length,
    skipped: count("pending", "skipped", "todo", "disabled"),
    titles: tests.map((test) => test.title),
  };
}
