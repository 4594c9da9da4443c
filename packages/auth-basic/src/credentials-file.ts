import { isAbsolute, join } from "node:path";
import type { AuthContext } from "@mlflow-kit/core";
import { readOptionalFile, warnIfExposed } from "@mlflow-kit/core/provider";
import { parseIni } from "./ini.ts";

/** What `~/.mlflow/credentials` holds for a server. An empty value is an absent one. */
export interface FileEntry {
  /** `~/.mlflow/credentials [mlflow]` */
  readonly source: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const shown = "~/.mlflow/credentials";

/**
 * Looks into `~/.mlflow/credentials`: the section named by the tracking URI's origin, else `[mlflow]`.
 *
 * @returns The section's pair, or the reason why there is none.
 * @throws AuthError `ERR_AUTH_FILE` when the file is there, but cannot be read or understood.
 */
export async function findFileEntry(context: AuthContext): Promise<FileEntry | string> {
  if (!isAbsolute(context.homeDir)) return `${shown} was not looked for: HOME is not an absolute path`;
  const path = join(context.homeDir, ".mlflow", "credentials");
  const text = await readOptionalFile(path, { owner: "basic", setting: shown });
  if (text === undefined) return `${shown} does not exist`;
  await warnIfExposed(path, { owner: "basic", log: context.log });

  const ini = parseIni(text, { owner: "basic", file: shown });
  const names = [originOf(context.trackingUri), "mlflow"].filter((name) => name !== undefined);
  const name = names.find((candidate) => ini.has(candidate));
  if (name === undefined) return `${shown} has no section ${names.map((candidate) => `[${candidate}]`).join(" or ")}`;
  const section = ini.get(name);
  return {
    source: `${shown} [${name}]`,
    username: section?.get("mlflow_tracking_username") || undefined,
    password: section?.get("mlflow_tracking_password") || undefined,
  };
}

function originOf(uri: string | undefined): string | undefined {
  return uri !== undefined && /^https?:/i.test(uri) && URL.canParse(uri) ? new URL(uri).origin : undefined;
}
