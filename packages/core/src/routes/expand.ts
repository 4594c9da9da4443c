import { AuthError } from "../errors.ts";

/** One call as HTTP has it. */
export interface ExpandedRoute {
  readonly method: string;
  /** Starts with `/`, percent-encoded, to be appended to the base path. */
  readonly path: string;
  /** Percent-encoded, without `?`. Empty when there is none. */
  readonly query: string;
  /** To be sent as JSON. Absent for `GET` and `HEAD`. */
  readonly body: object | undefined;
}

/**
 * Turns a route and its parameters into method, path, query and body. A parameter named in the path fills it. A `GET` or
 * `HEAD` has the others as query, where a list repeats its key; else all are the JSON body, also those in the path:
 * MLflow's own client sends them so, and some handlers of its server look for them there.
 *
 * @throws AuthError `ERR_ROUTE` for a route that is no path below the base, a parameter that is missing in the path or
 * would leave it, or one that a query cannot hold.
 */
export function expandRoute(route: string, parameters: object = {}): ExpandedRoute {
  const [, method, template] = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S+)$/.exec(route) ?? [];
  if (method === undefined || template === undefined) {
    throw routeError("a route is a method and a path", { hint: 'Write it like "POST mlflow/runs/create".' });
  }
  const given: Record<string, unknown> = { ...parameters };
  const inPath = new Set<string>();
  let filled = template;
  if (!/^\/?[\w-]+(?:\/[\w-]+)*$/.test(template)) {
    checkTemplate(template);
    filled = template.replace(/\{(\+?)(\w+)\}/g, (_, plus: string, name: string) => {
      inPath.add(name);
      return pathValue(name, Object.hasOwn(given, name) ? given[name] : undefined, plus !== "");
    });
  }
  const path = filled.startsWith("/") ? filled : `/api/2.0/${filled}`;
  return method === "GET" || method === "HEAD"
    ? { method, path, query: writeQuery(given, inPath), body: undefined }
    : { method, path, query: "", body: given };
}

function routeError(message: string, details?: { hint: string }): AuthError {
  return new AuthError("ERR_ROUTE", message, details);
}

function checkTemplate(template: string): void {
  if (template.includes("?") || template.includes("#")) {
    throw routeError("a route has no query and no fragment", { hint: "Give them as parameters." });
  }
  const plain = template.replace(/\{\+?\w+\}/g, "x");
  const segments = plain.replace(/^\/|\/$/g, "").split("/");
  // What a proxy or a server could decode into another path is refused, not only what a URL parser would.
  const leaves = plain !== "/" && segments.some((segment) => segment === "" || /^(?:\.|%2e){1,2}$/i.test(segment));
  if (
    leaves ||
    !/^(?:[\w\-.~!$&'()*+,;=:@/]|%(?!0|1|2f|5c|7f)[\da-f]{2})+$/i.test(plain) ||
    /^[a-z][a-z\d+.-]*:/i.test(plain)
  ) {
    throw routeError("a route is a path below the server's base path", {
      hint: 'Write it like "GET mlflow/runs/get", or with a leading slash for what is not below /api/2.0/.',
    });
  }
}

function pathValue(name: string, value: unknown, keepSlashes: boolean): string {
  if (value === undefined || value === null || value === "") throw routeError(`the parameter ${name} is missing`);
  const text = scalar(name, value);
  const segments = text.split(/[/\\]/);
  if (segments.some((segment) => segment === "." || segment === "..") || (keepSlashes && segments.includes(""))) {
    throw routeError(`the parameter ${name} would leave the route's path`);
  }
  return keepSlashes
    ? text
        .split("/")
        .map((segment) => encode(name, segment))
        .join("/")
    : encode(name, text);
}

function writeQuery(parameters: Record<string, unknown>, inPath: ReadonlySet<string>): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (inPath.has(name)) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) pairs.push(`${encode(name, name)}=${encode(name, scalar(name, item))}`);
    }
  }
  return pairs.join("&");
}

function scalar(name: string, value: unknown): string {
  if (["string", "number", "bigint", "boolean"].includes(typeof value)) return String(value);
  throw routeError(`the parameter ${name} must be a string, a number or a boolean here`);
}

/** RFC 3986, stricter than `encodeURIComponent`, so that a signature's canonical form is the same text. */
function encode(name: string, text: string): string {
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  } catch {
    throw routeError(`the parameter ${name} holds half of a surrogate pair`);
  }
}
