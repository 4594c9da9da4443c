import { type Environment, envString } from "../environment.ts";
import { ConnectionError } from "../errors.ts";

/** The proxy that a URL is reached through. */
export interface ProxyServer {
  /** Origin only. */
  readonly url: URL;
  /** The variable that names it. */
  readonly variable: string;
  /** Value of `Proxy-Authorization`, from the userinfo of the variable. */
  readonly authorization?: () => string;
}

/**
 * Which proxy to use for a URL, by the rules of Python's `requests`: `https_proxy` or `http_proxy` by the URL's
 * scheme, lower case before upper case, unless `no_proxy` covers the host. `HTTP_PROXY` in upper case is ignored where
 * `REQUEST_METHOD` is set: a CGI program gets it from a request header ("httpoxy"). A value without a scheme is an
 * http proxy.
 *
 * @throws ConnectionError `ERR_PROXY` for a value that is no http or https URL; the value is not shown.
 */
export function proxyFor(url: URL, env: Environment): ProxyServer | undefined {
  const secure = url.protocol === "https:";
  const names = secure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", "HTTP_PROXY"];
  if (!secure && env.REQUEST_METHOD !== undefined) names.pop();
  const variable = names.find((name) => envString(env, name)?.trim());
  if (variable === undefined || bypasses(url, envString(env, "no_proxy") ?? envString(env, "NO_PROXY")))
    return undefined;
  return parseProxy(env[variable]!.trim(), variable);
}

function parseProxy(value: string, variable: string): ProxyServer {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    const what = url === undefined ? "is not a valid URL" : "is neither an http nor an https URL";
    throw new ConnectionError("ERR_PROXY", `${variable} ${what}`, {
      sent: false,
      retryable: false,
      hint: `Write ${variable} as http://host:port, or unset it.`,
    });
  }
  if (url.username === "" && url.password === "") return { url: new URL(url.origin), variable };
  const basic = `Basic ${Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString("base64")}`;
  return { url: new URL(url.origin), variable, authorization: () => basic };
}

/** A `%` that encodes nothing is a `%`: people paste passwords into these variables. */
function decode(part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

/**
 * Whether `no_proxy` covers a URL. Entries are separated by commas or spaces: `*`, a host with its subdomains (a
 * leading `.` or `*.` changes nothing), an IP address in any spelling (`::1`, `[::1]`, mapped IPv4), a CIDR block;
 * each, except a block, with an optional port. A trailing dot of a name is ignored.
 */
export function bypasses(url: URL, noProxy: string | undefined): boolean {
  if (noProxy === undefined) return false;
  const host = canonicalHost(url.hostname);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && (entry === "*" || covers(entry, host, port)));
}

function covers(entry: string, host: string, port: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const family = isIP(host);
  const block = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(entry);
  if (block !== null) {
    const [, address = "", prefix = ""] = block;
    const kind = isIP(address);
    if (kind === 0 || kind !== family || Number(prefix) > (kind === 4 ? 32 : 128)) return false;
    const list = new BlockList();
    list.addSubnet(address, Number(prefix), kind === 4 ? "ipv4" : "ipv6");
    return list.check(host, family === 4 ? "ipv4" : "ipv6");
  }
  const bare = isIP(entry) === 6 ? { name: `[${entry}]`, port: undefined } : splitPort(entry);
  if (bare.port !== undefined && bare.port !== port) return false;
  const name = canonicalHost(bare.name.replace(/^\*?\./, ""));
  if (name === "") return false;
  return host === name || (family === 0 && host.endsWith(`.${name}`));
}

function splitPort(entry: string): { name: string; port: string | undefined } {
  const match = /^(.*?):(\d{1,5})$/.exec(entry);
  return match === null ? { name: entry, port: undefined } : { name: match[1]!, port: match[2] };
}

/** One spelling per host: no brackets, no trailing dot, mapped IPv6 as IPv4. */
function canonicalHost(host: string): string {
  const parsed = URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`).hostname : host;
  const name = parsed.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name);
  if (mapped === null) return name;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
