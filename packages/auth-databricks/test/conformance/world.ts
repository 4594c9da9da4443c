import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { testContext } from "../support/context.ts";
import { writeExecutable } from "../support/executables.ts";
import { meant, wire } from "../support/wire.ts";
import type { Case, Route } from "./cases.ts";

/** What a case runs in: a home with its files, its programs on PATH, and its servers behind one on loopback. */
export interface World {
  readonly home: string;
  readonly context: ReturnType<typeof testContext>;
  /** Requests that no route of the case wanted. */
  readonly unmatched: string[];
  /** Where a file of `absoluteFiles` was put. */
  file(path: string): string;
  close(): Promise<void>;
}

export async function createWorld(one: Case): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), "databricks-case-"));
  const bin = join(home, "bin");
  const root = join(home, "root");
  const dated = fillIn(one);
  for (const [folder, files] of [[home, one.homeFiles] as const, [root, one.absoluteFiles ?? {}] as const]) {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content, { mode: 0o600 });
    }
  }
  for (const [name, rules] of Object.entries(dated.stubs ?? {})) {
    await writeExecutable(bin, name, rules, one.stubMinSizeBytes);
  }
  const unmatched: string[] = [];
  const { base, close } = await serve(dated.http ?? [], unmatched);
  return {
    home,
    unmatched,
    file: (path) => join(root, path),
    context: testContext({
      trackingUri: "databricks",
      env: { ...one.env, HOME: home, PATH: bin },
      homeDir: home,
      send: wire(base),
    }),
    async close() {
      await close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function serve(routes: readonly Route[], unmatched: string[]) {
  const used = new Map<Route, number>();
  const server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await readText(request)));
    const url = meant(request.url!);
    const route = routes.find(
      (one) => (used.get(one) ?? 0) < (one.times ?? Number.POSITIVE_INFINITY) && fits(one, request, url, form),
    );
    if (route === undefined) {
      const known = /\/\.well-known\/databricks-config$|\/aad\/auth$/.test(url);
      if (!known) unmatched.push(`${request.method} ${url} ${JSON.stringify(form)}`);
      return void response.writeHead(known ? 404 : 599).end();
    }
    used.set(route, (used.get(route) ?? 0) + 1);
    const { status, headers, json, text } = route.respond;
    response.writeHead(status, headers).end(json === undefined ? text : JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

function fits(route: Route, request: IncomingMessage, url: string, form: Record<string, string>): boolean {
  const contains = (has: Record<string, unknown>, wanted: Record<string, string> = {}) =>
    Object.entries(wanted).every(([name, value]) => has[name] === value);
  const lowerCase = (headers: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (
    route.method === request.method &&
    comparable(route.url, route.normalizeDoubleSlash) === comparable(url, route.normalizeDoubleSlash) &&
    contains(request.headers, lowerCase(route.headersContain)) &&
    contains(form, route.formContains) &&
    (route.formEquals === undefined ||
      (contains(form, route.formEquals) && Object.keys(form).length === Object.keys(route.formEquals).length))
  );
}

/** Neither the order nor the escaping of a query matters. */
function comparable(text: string, normalizeDoubleSlash = false): string {
  const url = new URL(text);
  url.searchParams.sort();
  const path = normalizeDoubleSlash ? url.pathname.replace(/\/{2,}/g, "/") : url.pathname;
  return `${url.origin}${path}?${url.searchParams}`;
}

/** Replaces `{NOW+Ns:unix}` and its like. */
function fillIn(one: Case): Case {
  const now = Date.now();
  const text = JSON.stringify(one).replace(
    /\{(LOCAL_)?NOW\+(\d+)s:([^}]+)\}/g,
    (_, local: string | undefined, seconds: string, format: string) => {
      const time = new Date(now + Number(seconds) * 1000);
      if (format === "unix") return String(Math.floor(time.getTime() / 1000));
      if (format === "rfc3339") return time.toISOString();
      return strftime(time, format, local !== undefined);
    },
  );
  return JSON.parse(text);
}

function strftime(time: Date, format: string, local: boolean): string {
  const shifted = local ? new Date(time.getTime() - time.getTimezoneOffset() * 60_000) : time;
  const [year, month, day, hour, minute, second] = shifted.toISOString().split(/\D/);
  const parts: Record<string, string | undefined> = { Y: year, m: month, d: day, H: hour, M: minute, S: second };
  return format.replace(/%([YmdHMS])/g, (_, letter: string) => parts[letter]!);
}
