import { AuthError, type AuthProvider, type TlsIdentity } from "@mlflow-kit/core";
import { checkOptions } from "@mlflow-kit/core/provider";
import { locate } from "./locate.ts";
import { keepCurrent } from "./rotation.ts";

/** Where the client certificate is. Paths may begin with `~/`; a string with a PEM header is the material itself. */
export interface MtlsOptions {
  /**
   * PEM, or its path: the certificate, then its intermediates, and the key too when `key` is absent.
   * Default `MLFLOW_TRACKING_CLIENT_CERT_PATH`.
   */
  readonly cert?: string | Uint8Array;
  /** PEM, or its path. Default `MLFLOW_TRACKING_CLIENT_KEY_PATH`, else the key in `cert`. */
  readonly key?: string | Uint8Array;
  /** The bytes of a PKCS#12 file, or its path, instead of `cert` and `key`. */
  readonly pfx?: string | Uint8Array;
  /** Of the key or the PKCS#12 file. */
  readonly passphrase?: string;
  /** Name to ask the server for (SNI) and to verify, when it is not the URL's host. Not for token endpoints. */
  readonly servername?: string;
  /** Present the certificate to token endpoints, too. Default false. */
  readonly tokenEndpointCertificate?: boolean;
}

const known = ["cert", "key", "pfx", "passphrase", "servername", "tokenEndpointCertificate"];

/**
 * Presents a client certificate to the tracking server; `combine()` it with the provider that MLflow itself wants.
 * Files are looked at again before each new connection, so that a rotated pair is used without a restart; while a pair
 * is torn, the one before it stays in use.
 *
 * The variables are those of MLflow's Python client (one PEM with certificate and key), and
 * `MLFLOW_TRACKING_CLIENT_KEY_PATH` for a key of its own.
 *
 * @throws AuthError `ERR_OPTION` for an unknown option or one of the wrong type. From `resolve`: `ERR_AUTH_INCOMPLETE` for a key without a
 * certificate, `ERR_AUTH_CONFLICT` for `pfx` beside another, `ERR_AUTH_FILE` for a file that cannot be used,
 * `ERR_AUTH_TLS` for a certificate or key that cannot.
 *
 * @example
 * createClient({ auth: combine(mtls({ cert: "~/certs/me.pem", key: "~/certs/me.key" }), basic()) });
 */
export function mtls(options: MtlsOptions = {}): AuthProvider {
  checkOptions(options, known, "mtls");
  const { passphrase, servername, tokenEndpointCertificate } = options;
  for (const [name, value] of Object.entries({ passphrase, servername })) {
    if (value !== undefined && typeof value !== "string") {
      throw new AuthError("ERR_OPTION", `mtls: the option ${name} is no string`);
    }
  }
  const extras: TlsIdentity = {
    ...(servername !== undefined && { servername }),
    ...(tokenEndpointCertificate && { tokenEndpoints: true }),
  };
  return {
    name: "mtls",
    async resolve(context) {
      const sources = locate(options, context);
      if (sources === undefined) return context.skip("MLFLOW_TRACKING_CLIENT_CERT_PATH is not set");
      if (context.trackingUri?.startsWith("http:")) {
        context.log.warn("mtls: the tracking URI is plain http, where no certificate is presented; use https");
      }
      return {
        source: Object.values(sources)
          .map(({ setting }) => setting)
          .join(", "),
        details: Object.fromEntries(
          Object.entries(sources).map(([name, { path }]) => [name, path ?? "given as an option"]),
        ),
        tls: await keepCurrent(sources, { passphrase, extras, context }),
      };
    },
  };
}
