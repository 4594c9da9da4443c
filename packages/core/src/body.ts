import { AuthError } from "./errors.ts";
import type { BodySource, HttpBody } from "./types.ts";

/** Whether the same bytes can be sent again. */
export function isReplayable(body: HttpBody | undefined): boolean {
  return body === undefined || typeof body === "string" || body instanceof Uint8Array || isBodySource(body);
}

export function isBodySource(body: HttpBody | undefined): body is BodySource {
  return typeof body === "object" && "open" in body && typeof body.open === "function";
}

/**
 * A file as a body: streamed, never held in memory, opened again for each retry; its digest is computed once.
 *
 * @throws AuthError `ERR_BODY` when there is no such regular file, or, while it is read, when its size or modification
 * time is no longer what it was.
 */
export async function fileBody(path: string | URL): Promise<BodySource> {
  const { open, stat } = process.getBuiltinModule("node:fs/promises");
  const shown = String(path);
  const first = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new AuthError("ERR_BODY", `cannot read ${shown} (${error.code})`, {
      hint: "Check the path and its permissions.",
    });
  });
  if (!first.isFile()) throw new AuthError("ERR_BODY", `${shown} is not a regular file`);
  let digest: Promise<string> | undefined;

  async function* read(): AsyncGenerator<Uint8Array> {
    const file = await open(path);
    try {
      let left = first.size;
      for (;;) {
        const now = await file.stat();
        if (now.size !== first.size || now.mtimeMs !== first.mtimeMs) {
          throw new AuthError("ERR_BODY", `${shown} changed while it was being sent`, {
            hint: "Send a copy that nothing writes to.",
          });
        }
        if (left === 0) return;
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, 256 * 1024)), 0);
        left -= bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async function hash(): Promise<string> {
    const sha256 = process.getBuiltinModule("node:crypto").createHash("sha256");
    for await (const chunk of read()) sha256.update(chunk);
    return sha256.digest("hex");
  }

  return {
    length: first.size,
    open: read,
    sha256() {
      digest ??= hash();
      digest.catch(() => {
        digest = undefined;
      });
      return digest;
    },
  };
}
