import type { AuthContext } from "@mlflow-kit/core";
import { readCredentialBytes, warnIfExposed } from "@mlflow-kit/core/provider";

/** What an identity is made of. */
export type Part = "cert" | "key" | "pfx";

/** A file, or the content itself, with the setting that named it. */
export type Source =
  | { readonly setting: string; readonly path: string; readonly content?: undefined }
  | { readonly setting: string; readonly path?: undefined; readonly content: Buffer };

/** `cert`, `cert` and `key`, or `pfx`. */
export type Sources = Readonly<Partial<Record<Part, Source>>>;

/** What the sources hold. */
export type Material = Readonly<Partial<Record<Part, Buffer>>>;

/** Changes whenever one of the files does; also when a symbolic link on the way is swapped, as Kubernetes does. */
export async function stampOf(sources: Sources): Promise<string> {
  const { stat } = process.getBuiltinModule("node:fs/promises");
  const stamps = Object.values(sources).map(async ({ path }) => {
    if (path === undefined) return "";
    const found = await stat(path).catch(() => undefined);
    return found ? [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(":") : "missing";
  });
  return (await Promise.all(stamps)).join("|");
}

/**
 * Reads the files, and warns when one that holds a key is open to others.
 *
 * @throws AuthError `ERR_AUTH_FILE` with the path, never the content.
 */
export async function readMaterial(sources: Sources, { log }: AuthContext): Promise<Material> {
  const entries = Object.entries(sources).map(async ([part, { setting, path, content }]) => {
    if (path === undefined) return [part, content];
    if (part !== "cert" || sources.key === undefined) await warnIfExposed(path, { owner: "mtls", log });
    return [part, await readCredentialBytes(path, { owner: "mtls", setting })];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Whether two readings found the same. */
export function sameMaterial(one: Material, other: Material): boolean {
  return (["cert", "key", "pfx"] as const).every(
    (part) => one[part] === other[part] || (other[part] && one[part]?.equals(other[part])),
  );
}
