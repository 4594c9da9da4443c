import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder that is removed when it is disposed. */
export interface TemporaryHome extends AsyncDisposable {
  readonly path: string;
  /** Writes a file below it, with its folders, readable by the owner alone. Returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

/** Makes a home directory with these files in it: `{ ".mlflow/credentials": "[mlflow]\n…" }`. */
export async function temporaryHome(files: Record<string, string | Uint8Array> = {}): Promise<TemporaryHome> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "mlflow-kit-")));
  const write = async (name: string, content: string | Uint8Array) => {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return { path, write, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
