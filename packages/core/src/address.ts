import { AuthError } from "./errors.ts";

/** Where a client talks to, before a provider has had its say. */
export interface Address {
  /** As given, without userinfo. */
  readonly uri: string;
  /** Present for http and https: origin and path prefix, no trailing slash, no query. */
  readonly base?: URL;
  /** Userinfo, percent-decoded. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

const local =
  "Give the address of an MLflow server, beginning with http:// or https://; without a server, unset it and use mock() from @mlflow-kit/mock.";

/**
 * Reads a tracking or registry URI. Other schemes than http and https are kept as they are: a provider may know them.
 *
 * @throws AuthError `ERR_TRACKING_URI` for what cannot be an address, and for local stores; userinfo is never shown.
 */
export function parseAddress(uri: string, owner: string): Address {
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === "http" || scheme === "https") return parseHttp(uri, owner);
  if (scheme === undefined && /^databricks(-uc)?$/.test(uri)) return { uri };
  if (scheme === "databricks" || scheme === "databricks-uc" || scheme === "arn") return { uri };
  const what = scheme === undefined ? "a path, or lacks its http:// or https://" : `a ${scheme}: URI, no MLflow server`;
  throw new AuthError("ERR_TRACKING_URI", `${owner} is ${what}`, { hint: local });
}

function parseHttp(uri: string, owner: string): Address {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined) {
    throw new AuthError("ERR_TRACKING_URI", `${owner} is not a valid URL`, {
      hint: "Write it as https://host[:port][/prefix]; user names and passwords go into their own variables.",
    });
  }
  const base = new URL(url.origin + url.pathname.replace(/\/+$/, ""));
  const printable = base.pathname === "/" ? base.origin : base.href;
  if (url.username === "" && url.password === "") return { uri: printable, base };
  return { uri: printable, base, credentials: { username: decode(url.username), password: decode(url.password) } };

  function decode(part: string): string {
    try {
      return decodeURIComponent(part);
    } catch {
      throw new AuthError(
        "ERR_TRACKING_URI",
        `${owner} has a user name or password that is not percent-encoded UTF-8`,
        {
          hint: "Put them into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, where nothing is encoded.",
        },
      );
    }
  }
}

/** Whether traffic to this host stays on this machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/\.$/, "");
  return (
    host === "localhost" ||
    host === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    /^\[::ffff:7f[0-9a-f]{2}:/.test(host)
  );
}
