import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, round3, table, verdict } from "./lib/measure.mjs";

console.log("## 3. Import time and installed size\n");
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "footprint-"));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });

const tarballs = {};
for (const name of readdirSync(join(root, "packages"))) {
  const out = run(
    "npx",
    ["-y", "pnpm@10.34.9", "pack", "--json", "--pack-destination", folder],
    join(root, "packages", name),
  );
  tarballs[`@mlflow-kit/${name}`] = JSON.parse(out.slice(out.indexOf("{"))).filename;
}

/** Installs the packages alone and counts what came. */
function install(names, sources = {}) {
  const home = mkdtempSync(join(folder, "home-"));
  const versions = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies;
  const dependencies = Object.fromEntries(
    names.map((name) => [name, sources[name] ? `file:${sources[name]}` : (versions[name] ?? "latest")]),
  );
  const overrides = Object.fromEntries(Object.entries(sources).map(([name, file]) => [name, `file:${file}`]));
  for (const name of names) delete overrides[name];
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true, dependencies, overrides }));
  run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], home);
  const lock = JSON.parse(readFileSync(join(home, "package-lock.json")));
  return { home, packages: Object.keys(lock.packages).length - 1, bytes: size(join(home, "node_modules")) };
}

function size(path) {
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0);
}

const contestants = [
  ...Object.keys(tarballs).map((name) => ({ name, ours: true })),
  { name: "google-auth-library" },
  { name: "@azure/identity" },
  { name: "@databricks/sdk-experimental" },
];
for (const one of contestants) Object.assign(one, install([one.name], one.ours ? tarballs : {}), { times: [] });
const empty = [];
for (let n = 0; n < 41; n += 1) {
  empty.push(start("0", folder));
  for (let i = 0; i < contestants.length; i += 1) {
    const one = contestants[(i + n) % contestants.length];
    one.times.push(start(`await import(${JSON.stringify(one.name)})`, one.home));
  }
}

function start(code, cwd) {
  const started = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { cwd, stdio: "ignore" });
  if (status !== 0) throw new Error(`${code} failed`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

const bare = median(empty);
for (const one of contestants) one.over = median(one.times.map((time, n) => time - empty[n]));
console.log(
  table(
    ["", "import, ms over bare node", "packages installed", "MB installed"],
    contestants.map((one) => [one.name, round3(one.over), one.packages, round3(one.bytes / 1e6)]),
  ),
);
console.log(`Bare node: ${round3(bare)} ms.\n`);
const find = (name) => contestants.find((one) => one.name === `@mlflow-kit/${name}`);
console.log(verdict("core, import ms over bare node", find("core").over, 10, "most"));
for (const one of contestants.filter((each) => each.ours && each.name.includes("/auth-"))) {
  console.log(verdict(`${one.name}, import ms over core`, one.over - find("core").over, 8, "most"));
}
for (const [name, count] of [
  ["core", 2],
  ["auth-basic", 3],
  ["auth-token", 3],
  ["auth-mtls", 3],
  ["auth-databricks", 3],
]) {
  if (find(name)) console.log(verdict(`${name}, packages installed`, find(name).packages, count, "most"));
}
console.log();
rmSync(folder, { recursive: true });
