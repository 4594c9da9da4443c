import { parseJson, stringifyJson } from "@mlflow-kit/core/provider";
import { experimentRoutes } from "./experiments.ts";
import { Fault, invalid } from "./fault.ts";
import type { Fields } from "./message.ts";
import { metricRoutes } from "./metrics.ts";
import { htmlPage } from "./pages.ts";
import type { Route } from "./route.ts";
import { runRoutes } from "./runs.ts";
import type { State, Store } from "./store.ts";
import { type Users, userRoutes } from "./users.ts";

/** The release of MLflow that the engine was compared with. */
const mlflowVersion = "3.18.0";

/** One request, its path below the server's prefix. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: string;
  readonly users: Users;
}

/** What an MLflow server sends back. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { "content-type": "application/json" };
const text = { "content-type": "text/plain; charset=utf-8" };
const html = { "content-type": "text/html; charset=utf-8" };

/** Answers as MLflow's server does, whatever is asked. */
export function answer(store: Store, question: Question): Reply {
  const { method, path } = question;
  const fixed = fixedReply(path);
  if (fixed !== undefined) return isReading(method) ? fixed : otherMethod(method, ["HEAD", "GET"]);
  const name = /^\/(?:ajax-)?api\/2\.0\/mlflow\/(.+)$/.exec(path)?.[1] ?? "";
  const found = find(method, name, question.users);
  if (found === undefined) return noRoute(question, name);
  try {
    const result = found.run(store as State, parameters(question, found.fields));
    return { status: 200, headers: json, body: stringifyJson(result) };
  } catch (error) {
    return error instanceof Fault ? failure(error) : htmlPage(500);
  }
}

/** What is the same for whoever asks. */
function fixedReply(path: string): Reply | undefined {
  if (path === "/health") return { status: 200, headers: text, body: "OK" };
  if (path === "/version") return { status: 200, headers: html, body: mlflowVersion };
  return isInfo.test(path) ? { status: 200, headers: json, body: stringifyJson(info) } : undefined;
}

const isInfo = /^\/(?:ajax-)?api\/3\.0\/mlflow\/server-info$/;

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

const routes: Readonly<Record<string, Route>> = { ...experimentRoutes, ...runRoutes, ...metricRoutes };

function find(method: string, name: string, users: Users): Route | undefined {
  const key = `${isReading(method) ? "GET" : method} ${name}`;
  if (Object.hasOwn(routes, key)) return routes[key];
  return userRoutes(users)[key];
}

function noRoute({ method, path, users }: Question, name: string): Reply {
  const methods = ["HEAD", "GET", "POST"].filter((candidate) => find(candidate, name, users));
  if (methods.length === 0) return laterStorey.test(path) ? failure(notYet(method, path)) : htmlPage(404);
  return otherMethod(method, methods);
}

function otherMethod(method: string, methods: readonly string[]): Reply {
  const allow = ["OPTIONS", ...methods].join(", ");
  return method === "OPTIONS" ? { status: 204, headers: { ...html, allow }, body: "" } : htmlPage(405, { allow });
}

function failure(fault: Fault): Reply {
  return { status: fault.status, headers: json, body: JSON.stringify(fault) };
}

/** What a real MLflow has and this one has not. */
const laterStorey =
  /^\/(?:ajax-)?api\/[23]\.0\/(?:mlflow\/(?:runs|metrics|artifacts|registered-models|model-versions|logged-models|traces|webhooks|scorers|datasets|users|roles|workspaces)\b|mlflow-artifacts\/)/;

function notYet(method: string, path: string): Fault {
  return new Fault("NOT_IMPLEMENTED", `The embedded MLflow does not have ${method} ${path}.`);
}

const info = {
  store_type: "SqlStore",
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  artifact_serving_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
};

/** The query of a GET that has one, else the JSON body, even of a GET. @throws Fault, TypeError */
function parameters({ method, query, contentType, body }: Question, fields: Fields): Record<string, unknown> {
  if (method === "GET" && query.size > 0) {
    const given = Object.keys(fields).filter((name) => query.has(name));
    return Object.fromEntries(given.map((name) => [name, isList(fields, name) ? query.getAll(name) : query.get(name)]));
  }
  if (method === "POST") checkContentType(contentType);
  let value = parseSilently(body) ?? {};
  if (typeof value === "string") value = parseJson(value) as object;
  if (typeof value !== "object" || Array.isArray(value)) throw new TypeError("not an object");
  return value as Record<string, unknown>;
}

function isList(fields: Fields, name: string): boolean {
  const kind = fields[name];
  return typeof kind === "object" && "list" in kind;
}

function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined) throw invalid("Bad Request. Content-Type header is missing.");
  if (contentType.split(";")[0] !== "application/json") {
    throw invalid("Bad Request. Content-Type must be one of ['application/json'].");
  }
}

/** MLflow takes what is no JSON for an empty request. */
function parseSilently(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
