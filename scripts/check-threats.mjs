/** Every threat of `testing/threats.md` is the subject of a test, or SECURITY.md says why not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packages, readResults, suites } from "./results.mjs";
import { root, say } from "./run.mjs";

/** The ids that a title begins with: "I05 …", "T06, T07: …". */
export function idsOf(title) {
  return /^(?:[A-Z]\d\d\b[\s,:/&]*(?:and\s+)?)+/.exec(title)?.[0].match(/[A-Z]\d\d/g) ?? [];
}

/** The threats that no test and no sentence deals with, after `npm test` has left its reports. */
export function checkThreats() {
  const rows = readFileSync(join(root, "testing/threats.md"), "utf8").matchAll(/^\| ([A-Z]\d\d) \|.*\| ([\w-]+) \|$/gm);
  const assigned = [...rows].filter(([, , owner]) => packages.includes(`packages/${owner}`)).map(([, id]) => id);
  const tested = new Set([...packages, ...suites].flatMap((folder) => readResults(folder).titles).flatMap(idsOf));
  const policy = join(root, "SECURITY.md");
  const explained = new Set(existsSync(policy) ? readFileSync(policy, "utf8").match(/\b[A-Z]\d\d\b/g) : []);
  const open = assigned.filter((id) => !tested.has(id) && !explained.has(id));
  return open.length === 0 ? [] : [`no test's title begins with, and SECURITY.md does not name: ${open.join(", ")}`];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = checkThreats();
  for (const problem of problems) say(problem);
  process.exitCode = problems.length;
}
