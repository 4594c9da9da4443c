import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "@mlflow-kit/testing";
import { afterAll } from "vitest";

export const authority = createAuthority();

/** A folder that is removed after the file's tests; what is written there is for its owner only. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const home = mkdtempSync(join(tmpdir(), "mtls-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const path = (name: string) => join(home, name);
  const write = (name: string, content: string | Uint8Array, mode = 0o600) => {
    writeFileSync(path(name), content, { mode });
    return path(name);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return { home, path, write };
}

/** What a promise rejects with. */
export async function failure(promise: PromiseLike<unknown>): Promise<Error & { code: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error("did not fail");
}
