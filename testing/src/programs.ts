import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Looks for a program on PATH and where Debian keeps daemons; undefined when the machine does not have it. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"].filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The Python with the pinned MLflow, installed by `npm run servers`; undefined when it is not there. */
export function findMlflowPython(): string | undefined {
  const folder = join(repository, ".cache", "python");
  const python = join(folder, "bin", "python");
  return existsSync(join(folder, "mlflow-kit-stamp")) && isExecutable(python) ? python : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
