import { type AuthContext, AuthError, envString } from "@mlflow-kit/core";
import { expandHome } from "@mlflow-kit/core/provider";
import type { Source, Sources } from "./material.ts";
import type { MtlsOptions } from "./mtls.ts";

const certVariable = "MLFLOW_TRACKING_CLIENT_CERT_PATH";
const keyVariable = "MLFLOW_TRACKING_CLIENT_KEY_PATH";

/** The options, else the environment; never half of each. Undefined when there is neither. */
export function locate(options: MtlsOptions, context: AuthContext): Sources | undefined {
  const given = [options.cert, options.key, options.pfx].some((value) => value !== undefined);
  const cert = given ? fromOption("cert") : fromVariable(certVariable);
  const key = given ? fromOption("key") : fromVariable(keyVariable);
  const pfx = fromOption("pfx");
  if (!cert && !key && !pfx) return undefined;
  if (pfx && (cert || key)) {
    throw new AuthError("ERR_AUTH_CONFLICT", "mtls: the option pfx is given together with cert or key", {
      hint: "A PKCS#12 file holds both; leave cert and key out.",
    });
  }
  if (key && !cert) {
    const missing = given ? "the option cert" : certVariable;
    throw new AuthError("ERR_AUTH_INCOMPLETE", `mtls: ${key.setting} is set but ${missing} is not`, {
      hint: `Set ${certVariable}, or pass mtls({ cert, key }).`,
    });
  }
  return { ...(cert && { cert }), ...(key && { key }), ...(pfx && { pfx }) };

  function fromVariable(setting: string): Source | undefined {
    const value = envString(context.env, setting);
    return value === undefined ? undefined : { setting, path: asPath(value, setting) };
  }

  function fromOption(option: "cert" | "key" | "pfx"): Source | undefined {
    const value: unknown = options[option];
    const setting = `the option ${option}`;
    if (value === undefined) return undefined;
    if (value instanceof Uint8Array) return { setting, content: Buffer.from(value) };
    if (typeof value !== "string" || value === "") throw unusable(setting, "is neither PEM, nor bytes, nor a path");
    if (option !== "pfx" && value.includes("-----BEGIN ")) return { setting, content: Buffer.from(value) };
    return { setting, path: asPath(value, setting) };
  }

  function asPath(value: string, setting: string): string {
    // A path is shown in errors, so material that somebody took for one must not pass: PEM, or bare base64 of DER.
    if (/[\r\n]|-----BEGIN|^MI[\w+/=]{60,}$/.test(value)) throw unusable(setting, "holds something that is no path");
    return expandHome(value, context.homeDir, { owner: "mtls", setting });
  }
}

function unusable(setting: string, what: string): AuthError {
  return new AuthError("ERR_AUTH_TLS", `mtls: ${setting} ${what}`, {
    hint: `Give a file's path${setting.startsWith("the option") ? ", or PEM that begins with -----BEGIN" : ""}.`,
  });
}
