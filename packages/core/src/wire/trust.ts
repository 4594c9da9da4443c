import { type Environment, envBoolean, envString } from "../environment.ts";
import { AuthError } from "../errors.ts";
import type { TlsTrust } from "../types.ts";

const bundleVariables = ["MLFLOW_TRACKING_CA_BUNDLE_PATH", "MLFLOW_TRACKING_SERVER_CERT_PATH"] as const;
const insecureVariable = "MLFLOW_TRACKING_INSECURE_TLS";
const sizeLimit = 16 * 1024 * 1024;

/** Whom to trust as a server, read and checked. */
export interface Trust {
  /** PEM, one certificate each. Absent: Node's own list, `NODE_EXTRA_CA_CERTS` included. */
  readonly anchors?: readonly string[];
  /** Whether Node's own list stays trusted beside `anchors`. */
  readonly add: boolean;
  readonly insecure: boolean;
  /** Where it was set, safe to print: the variable or the option. */
  readonly source?: string;
}

/**
 * Reads the `tls` option, else the `MLFLOW_TRACKING_*` variables. A bundle is a file of many PEM certificates or a
 * folder of such files; byte order mark, CRLF and text between certificates are ignored. Everything is checked here,
 * because Node takes garbage silently.
 *
 * @throws AuthError `ERR_AUTH_TLS` for a bundle that is missing or damaged, `ERR_AUTH_CONFLICT` for two different
 * bundles and for a bundle together with "insecure", `ERR_ENV` for a variable that is no boolean.
 */
export async function loadTrust(env: Environment, options: TlsTrust = {}): Promise<Trust> {
  if (options.trust !== undefined && options.trust !== "add" && options.trust !== "replace") {
    throw new AuthError("ERR_OPTION", 'tls: the option tls.trust is neither "replace" nor "add"');
  }
  const insecure = options.insecure ?? envBoolean(env, insecureVariable) ?? false;
  const insecureSource = options.insecure === undefined ? insecureVariable : "tls.insecure";
  const bundle = await findBundle(env, options);
  if (insecure) {
    if (bundle === undefined) return { add: false, insecure, source: insecureSource };
    throw new AuthError("ERR_AUTH_CONFLICT", `tls: ${bundle.source} and ${insecureSource} are both set`, {
      hint: `Unset ${insecureSource}: with ${bundle.source} the server's certificate can be verified.`,
    });
  }
  if (bundle === undefined) return { add: false, insecure };
  const anchors = typeof bundle.value === "string" ? await readBundle(bundle.value, bundle.source) : undefined;
  return {
    anchors: anchors ?? parseCertificates(Buffer.from(bundle.value as Uint8Array).toString("latin1"), bundle.source),
    add: options.trust === "add",
    insecure,
    source: bundle.source,
  };
}

async function findBundle(
  env: Environment,
  options: TlsTrust,
): Promise<{ value: string | Uint8Array; source: string } | undefined> {
  if (options.ca !== undefined) return { value: options.ca, source: "tls.ca" };
  const [first, second] = bundleVariables.flatMap((source) => {
    const value = envString(env, source);
    return value === undefined ? [] : [{ value, source }];
  });
  if (first !== undefined && second !== undefined && !(await sameFile(first.value, second.value))) {
    throw new AuthError("ERR_AUTH_CONFLICT", `tls: ${first.source} and ${second.source} name two different files`, {
      hint: `Unset ${second.source}.`,
    });
  }
  return first;
}

async function sameFile(one: string, other: string): Promise<boolean> {
  const { realpath } = process.getBuiltinModule("node:fs/promises");
  const { resolve } = process.getBuiltinModule("node:path");
  const real = (path: string) => realpath(path).catch(() => resolve(path));
  return (await real(one)) === (await real(other));
}

async function readBundle(value: string, source: string): Promise<readonly string[]> {
  if (value.includes("-----BEGIN")) return parseCertificates(value, source);
  const { readdir, readFile, stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const where = `${source} (${printablePath(value)})`;
  if (value === "" || value.includes("\0")) throw unusable(source, "is neither PEM nor a path");

  try {
    const about = await stat(value);
    if (about.isFile()) return parseCertificates(await read(value, about.size), where);
    if (!about.isDirectory()) throw unusable(where, "is neither a file nor a folder");
    const anchors = new Set<string>();
    for (const name of (await readdir(value)).sort()) {
      const path = join(value, name);
      const entry = await stat(path).catch(() => undefined);
      if (!entry?.isFile()) continue;
      const text = await read(path, entry.size);
      if (!text.includes("-----BEGIN")) continue;
      for (const anchor of parseCertificates(text, `${source} (${printablePath(path)})`)) anchors.add(anchor);
    }
    if (anchors.size === 0) throw unusable(where, "holds no PEM certificate");
    return [...anchors];
  } catch (error) {
    if (error instanceof AuthError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw unusable(where, code === "ENOENT" ? "does not exist" : `cannot be read (${code})`);
  }

  async function read(path: string, size: number): Promise<string> {
    if (size > sizeLimit) throw unusable(`${source} (${printablePath(path)})`, "is larger than 16 MiB");
    return readFile(path, "latin1");
  }
}

/** Every certificate of a PEM text, in one spelling. @throws AuthError `ERR_AUTH_TLS`, without any of the text. */
export function parseCertificates(text: string, where: string): readonly string[] {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const begins = text.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g)?.length ?? 0;
  const blocks = [
    ...text.matchAll(
      /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]*)-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g,
    ),
  ];
  if (begins === 0) {
    const what = text.includes("PRIVATE KEY-----") ? "holds a private key, no certificate" : "holds no PEM certificate";
    throw unusable(where, what);
  }
  if (blocks.length !== begins) throw unusable(where, "holds a certificate that is cut off");
  return blocks.map(([, body = ""], index) => {
    const lines = body.replace(/\s+/g, "").match(/.{1,64}/g) ?? [];
    const pem = ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
    try {
      new X509Certificate(pem);
    } catch {
      throw unusable(where, `holds a damaged certificate (number ${index + 1} of ${begins})`);
    }
    return pem;
  });
}

function printablePath(path: string): string {
  return path.replace(/[\x00-\x1f\x7f]/g, "?");
}

function unusable(where: string, what: string): AuthError {
  return new AuthError("ERR_AUTH_TLS", `tls: ${where} ${what}`, {
    hint: "Name a PEM file with the certificate authority of the server, or a folder of such files.",
  });
}
