import { type AuthContext, AuthError } from "@mlflow-kit/core";
import { warnIfExposed } from "@mlflow-kit/core/provider";

/** One file, or the content itself, with the setting that named it. */
export interface Source {
  readonly setting: string;
  readonly path?: string;
  readonly content?: string | Uint8Array;
}

export type Sources = Readonly<Partial<Record<"cert" | "key" | "pfx", Source>>>;

const sizeLimit = 1024 * 1024;

export function isPem(value: unknown): value is string {
  return typeof value === "string" && value.includes("-----BEGIN ");
}

/** Changes whenever one of the files does; also when a symbolic link is swapped, as Kubernetes does. */
export async function stampOf(sources: Sources): Promise<string> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const stamps = await Promise.all(
    Object.values(sources).map(async ({ path }) => {
      if (path === undefined) return "";
      const found = await stat(path).catch(() => undefined);
      return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}` : "missing";
    }),
  );
  return stamps.join("|");
}

/**
 * Reads the files.
 *
 * @throws AuthError `ERR_AUTH_FILE` with the path, never the content.
 */
export async function readMaterial(
  sources: Sources,
  context: AuthContext,
): Promise<Partial<Record<"cert" | "key" | "pfx", Buffer>>> {
  const entries = Object.entries(sources).map(async ([name, source]) => {
    if (source.path === undefined) return [name, Buffer.from(source.content as string)];
    const holdsKey = name !== "cert" || sources.key === undefined;
    if (holdsKey) await warnIfExposed(source.path, { owner: "mtls", log: context.log });
    return [name, await read(source.path, source.setting)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function read(path: string, setting: string): Promise<Buffer> {
  const { constants } = process.getBuiltinModule("node:fs");
  const { open } = process.getBuiltinModule("node:fs/promises");
  const shown = JSON.stringify(path);
  try {
    if (path.includes("\0")) throw fault("the path holds a NUL character");
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat();
      if (!(await file.stat()).isFile()) throw fault("not a regular file");
      if (size > sizeLimit) throw fault("larger than 1 MiB");
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof AuthError) throw error;
    throw fault((error as NodeJS.ErrnoException).code ?? "cannot be read");
  }

  function fault(reason: string): AuthError {
    return new AuthError("ERR_AUTH_FILE", `mtls: cannot use the file ${shown}: ${reason}`, {
      hint: `Check ${setting}.`,
    });
  }
}
