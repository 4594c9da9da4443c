import { type AuthContext, AuthError, type AuthProvider, envString, type TlsIdentity } from "@mlflow-kit/core";
import { expandHome, tlsIdentity } from "@mlflow-kit/core/provider";
import { checkIdentity } from "./check.ts";
import { isPem, readMaterial, type Source, stampOf } from "./material.ts";

/** Where the client certificate is. Paths may begin with `~/`; a string with a PEM header is the material itself. */
export interface MtlsOptions {
  /** PEM or its path: the certificate with its chain, and the key too when `key` is absent. Default `MLFLOW_TRACKING_CLIENT_CERT_PATH`. */
  readonly cert?: string | Uint8Array;
  /** PEM or its path. Default `MLFLOW_TRACKING_CLIENT_KEY_PATH`, else the key in `cert`. */
  readonly key?: string | Uint8Array;
  /** PKCS#12, or its path, instead of `cert` and `key`. */
  readonly pfx?: string | Uint8Array;
  /** Of the key or the PKCS#12. */
  readonly passphrase?: string;
  /** Name to ask for (SNI) and to verify, when it is not the URL's host. */
  readonly servername?: string;
  /** Present the certificate to token endpoints, too. Default false. */
  readonly tokenEndpointCertificate?: boolean;
}

/**
 * Presents a client certificate to the tracking server; `combine()` it with the provider that MLflow itself wants. Files
 * are looked at again before each new connection, so a rotated pair is used without a restart; while a pair is torn, the
 * one before it stays in use.
 *
 * The variables are those of MLflow's Python client (one PEM with certificate and key), and `MLFLOW_TRACKING_CLIENT_KEY_PATH`
 * for a key of its own.
 *
 * @throws AuthError from `resolve`: `ERR_AUTH_INCOMPLETE`, `ERR_AUTH_FILE`, `ERR_AUTH_TLS`.
 */
export function mtls(options: MtlsOptions = {}): AuthProvider {
  return {
    name: "mtls",
    async resolve(context) {
      const material = locate(options, context);
      if (material === undefined) return context.skip("MLFLOW_TRACKING_CLIENT_CERT_PATH is not set");
      let stamp = await stampOf(material.sources);
      let current = await load();

      return {
        source: material.found,
        details: material.paths,
        tls: async () => {
          const seen = await stampOf(material.sources);
          if (seen === stamp) return current;
          try {
            current = await load();
            stamp = seen;
          } catch (error) {
            context.log.warn(`${(error as Error).message}; the certificate read before stays in use`);
          }
          return current;
        },
      };

      async function load(): Promise<TlsIdentity> {
        const fields = await readMaterial(material?.sources ?? {}, context);
        const checked = checkIdentity({ ...fields, passphrase: options.passphrase }, material?.sources ?? {}, context);
        return tlsIdentity({
          ...checked,
          ...(options.passphrase !== undefined && { passphrase: options.passphrase }),
          ...(options.servername !== undefined && { servername: options.servername }),
          ...(options.tokenEndpointCertificate && { tokenEndpoints: true }),
        });
      }
    },
  };
}

interface Located {
  readonly found: string;
  readonly paths: Record<string, string>;
  readonly sources: Readonly<Partial<Record<"cert" | "key" | "pfx", Source>>>;
}

function locate(options: MtlsOptions, context: AuthContext): Located | undefined {
  const given = [options.cert, options.key, options.pfx].some((value) => value !== undefined);
  const cert = given ? source(options.cert, "cert") : variable("MLFLOW_TRACKING_CLIENT_CERT_PATH");
  const key = given ? source(options.key, "key") : variable("MLFLOW_TRACKING_CLIENT_KEY_PATH");
  const pfx = source(options.pfx, "pfx");
  if (!cert && !key && !pfx) return undefined;
  if (pfx && (cert || key)) {
    throw new AuthError("ERR_AUTH_CONFLICT", "mtls: pfx is given together with cert or key", {
      hint: "A PKCS#12 file holds both; leave cert and key out.",
    });
  }
  if (key && !cert) {
    throw new AuthError(
      "ERR_AUTH_INCOMPLETE",
      `mtls: ${key.setting} is set but ${given ? "cert" : "MLFLOW_TRACKING_CLIENT_CERT_PATH"} is not`,
      {
        hint: "Set MLFLOW_TRACKING_CLIENT_CERT_PATH, or pass mtls({ cert, key }).",
      },
    );
  }
  const sources = { ...(cert && { cert }), ...(key && { key }), ...(pfx && { pfx }) };
  const paths = Object.fromEntries(
    Object.entries(sources).map(([name, { path }]) => [name, path ?? "given as an option"]),
  );
  return {
    found: Object.values(sources)
      .map(({ setting }) => setting)
      .join(", "),
    paths,
    sources,
  };

  function variable(setting: string): Source | undefined {
    const path = envString(context.env, setting);
    return path === undefined ? undefined : { setting, path: expandHome(path, context.homeDir) };
  }

  function source(value: string | Uint8Array | undefined, option: string): Source | undefined {
    const setting = `options: ${option}`;
    if (value === undefined) return undefined;
    if (value instanceof Uint8Array || isPem(value)) return { setting, content: value };
    if (typeof value === "string" && value !== "") return { setting, path: expandHome(value, context.homeDir) };
    throw new AuthError("ERR_AUTH_TLS", `mtls: ${option} is neither PEM, nor bytes, nor a path`);
  }
}
