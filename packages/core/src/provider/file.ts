import { constants, type FileHandle, open, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { AuthError } from "../errors.ts";
import type { Logger } from "../types.ts";

/** Whose file it is, and which setting named it: both are shown in errors. */
export interface FileAbout {
  /** The provider's name. */
  readonly owner: string;
  /** The option or variable that holds the path. */
  readonly setting: string;
  /** Bytes. Default 1 MiB. */
  readonly limit?: number;
}

/**
 * Reads a small regular file as UTF-8. A byte order mark is dropped; nothing is trimmed.
 *
 * @throws AuthError `ERR_AUTH_FILE`, showing the path and never the content, when the file is missing, unreadable, no
 * regular file (a directory, FIFO or device), larger than the limit, or not UTF-8.
 */
export async function readCredentialFile(path: string, about: FileAbout): Promise<string> {
  const text = await readOptionalFile(path, about);
  if (text === undefined) throw fault(path, about, missing);
  return text;
}

/**
 * Like {@link readCredentialFile}, but a file that does not exist is `undefined`.
 *
 * @throws AuthError `ERR_AUTH_FILE` for every other failure.
 */
export async function readOptionalFile(path: string, about: FileAbout): Promise<string | undefined> {
  const bytes = await readBytes(path, about);
  return bytes && (decode(bytes) ?? refuse(fault(path, about, "not UTF-8 text")));
}

/**
 * Like {@link readCredentialFile}, for files that need not be text.
 *
 * @throws AuthError `ERR_AUTH_FILE`, showing the path and never the content.
 */
export async function readCredentialBytes(path: string, about: FileAbout): Promise<Buffer> {
  return (await readBytes(path, about)) ?? refuse(fault(path, about, missing));
}

async function readBytes(path: string, about: FileAbout): Promise<Buffer | undefined> {
  if (typeof path !== "string" || path === "") throw fault("", about, "the path is not a non-empty string");
  if (path.includes("\0")) throw fault(path, about, "the path holds a NUL character");
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    if (!(await handle.stat()).isFile()) throw fault(path, about, "not a regular file");
    const bytes = await readAtMost(handle, about.limit ?? 1024 * 1024);
    return bytes ?? refuse(fault(path, about, "too large for a credential"));
  } catch (error) {
    if (error instanceof AuthError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fault(
      path,
      about,
      code === "EISDIR" ? "not a regular file" : `${reasons[code] ?? "cannot be read"} (${code})`,
    );
  } finally {
    await handle?.close();
  }
}

/**
 * Warns when a file that holds a secret is open to other users of the machine, or belongs to one of them. Symbolic
 * links are followed. Silent where the platform has no such modes, and when there is no such file.
 */
export async function warnIfExposed(path: string, about: { owner: string; log: Logger }): Promise<void> {
  if (process.platform === "win32") return;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
    about.log.warn(`${about.owner}: ${printable(path)} is open to other users (mode ${mode}); run: chmod 600`);
  }
  if (found.uid !== process.getuid?.() && found.uid !== 0) {
    about.log.warn(`${about.owner}: ${printable(path)} belongs to another user`);
  }
}

/**
 * Turns `~` and `~/x` into paths below the home directory; every other path is returned as it is.
 *
 * @throws AuthError `ERR_AUTH_FILE` when the home directory is needed, and empty or relative.
 */
export function expandHome(path: string, homeDir: string, about?: FileAbout): string {
  if (path !== "~" && !/^~[/\\]/.test(path)) return path;
  if (isAbsolute(homeDir)) return join(homeDir, path.slice(1));
  throw new AuthError(
    "ERR_AUTH_FILE",
    `${about ? `${about.owner}: ` : ""}${printable(path)}${about ? ` (${about.setting})` : ""} needs a home directory, and there is none`,
    { hint: "Set HOME to an absolute path, or give the file's absolute path." },
  );
}

const missing = "no such file (ENOENT)";

const reasons: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "a loop of symbolic links",
  ENXIO: "not a regular file",
  ENAMETOOLONG: "the path is too long",
};

function fault(path: string, about: FileAbout, reason: string): AuthError {
  return new AuthError("ERR_AUTH_FILE", `${about.owner}: cannot use the file ${printable(path)}: ${reason}`, {
    hint: `Check ${about.setting}.`,
  });
}

function refuse(error: AuthError): never {
  throw error;
}

function printable(path: string): string {
  return JSON.stringify(path.length > 512 ? `${path.slice(0, 512)}…` : path);
}

/** The size is not asked for: it is 0 in /proc, and can change while reading. */
async function readAtMost(handle: FileHandle, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for (let size = 0; size <= limit; ) {
    const chunk = Buffer.allocUnsafe(Math.min(64 * 1024, limit - size + 1));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, bytesRead));
    size += bytesRead;
  }
  return undefined;
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
