/**
 * Prepares the real servers that the suites run against: MLflow in `.cache/python`, nginx and openssl from the system.
 * What is missing skips its suite, with one loud line; only with CI=true is it installed, and then a miss is a failure.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run, say } from "./run.mjs";

const windows = process.platform === "win32";
const ci = process.env.CI === "true";
const venv = join(root, ".cache", "python");
const venvPython = windows ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python");
const stamp = join(venv, "mlflow-kit-stamp");
const requirements = join(root, "testing", "requirements.txt");
const serverRequirements = join(root, "testing", "requirements-server.txt");

/** Debian keeps nginx where only root's PATH looks. */
function find(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"].filter(Boolean);
  return folders
    .map((folder) => join(folder, windows ? `${name}.exe` : name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function findPython() {
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
  return ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"]
    .map(find)
    .find((path) => path && spawnSync(path, ["-c", check]).status === 0);
}

const systemPrograms = {
  nginx: { debian: ["nginx-light"], find: () => find("nginx") },
  openssl: { debian: ["openssl"], find: () => find("openssl") },
  python: { debian: ["python3", "python3-venv"], find: findPython },
};

async function installDebianPackages(packages) {
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, "apt-get", ...args];
    return run("installing system programs", command, rest, {
      quiet: true,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  };
  say(`servers: installing ${packages.join(", ")}`);
  await apt("update");
  await apt("install", "-y", "--no-install-recommends", ...packages);
}

/** Finds nginx, openssl and Python; installs what is missing when CI=true. Returns the names of those still missing. */
export async function prepareSystemPrograms() {
  const missing = () => Object.entries(systemPrograms).filter(([, program]) => !program.find());
  if (ci && missing().length > 0) await installDebianPackages(missing().flatMap(([, program]) => program.debian));
  return missing().map(([name]) => name);
}

/** Installs the pinned MLflow into `.cache/python`, once for each state of the files that pin it. */
export async function prepareMlflow() {
  const python = findPython();
  if (!python) return false;
  const pins = [requirements, serverRequirements].map((path) => readFileSync(path, "utf8"));
  const wanted = createHash("sha256")
    .update([python, ...pins].join("\n"))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(venvPython)) return true;
  say("servers: installing MLflow into .cache/python (once)");
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(join(root, ".cache"), { recursive: true });
  const label = "installing MLflow";
  const inVenv = (...args) => run(label, venvPython, args, { quiet: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary"];
  if ((await run(label, python, ["-m", "venv", venv], { quiet: true })) !== 0) return false;
  if ((await inVenv(...pip, "-r", requirements)) !== 0) return false;
  if ((await inVenv(...pip, "--no-deps", "-r", serverRequirements)) !== 0) return false;
  writeFileSync(stamp, wanted);
  return true;
}

/** Says loudly what could not be prepared. Returns how many of these are failures: none, unless CI=true. */
export function reportMissing(names) {
  const banner = (name) =>
    ci
      ? `!!!! FAILED: ${name} is missing and could not be installed`
      : `!!!! SKIPPED: ${name} is missing, so the suites that need it do not run`;
  for (const name of names) say(banner(name));
  return ci ? names.length : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const missing = await prepareSystemPrograms();
  if (!(await prepareMlflow())) missing.push("MLflow");
  process.exitCode = reportMissing(missing) > 0 ? 1 : 0;
  if (missing.length === 0) say("servers: MLflow, nginx and openssl are ready");
}
