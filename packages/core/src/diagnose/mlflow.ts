import { oneLine, type Recogniser, saidIn, text } from "./answer.ts";
import { cureOf } from "./challenge.ts";
import { forbidden, unauthenticated } from "./refused.ts";

/** MLflow ≥ 3.5: the check against DNS rebinding. It runs before authentication. */
export const hostCheck: Recogniser = ({ status, text: body, url }) =>
  status === 403 && isHostCheck(body)
    ? {
        code: "ERR_HTTP_HOST",
        what: `the server does not answer to the name ${url.host}`,
        hint: `Start the server with --allowed-hosts including "${url.host}", with the port; the credentials were not looked at.`,
        remedies: ["Set MLFLOW_SERVER_ALLOWED_HOSTS on the server; entries match the whole Host header, port included"],
      }
    : undefined;

/** MLflow ≥ 3.5: the check of the Origin header, which this client never sends. */
export const crossOrigin: Recogniser = ({ status, text: body }) =>
  status === 403 && isCrossOriginBlock(body)
    ? {
        code: "ERR_HTTP_CROSS_ORIGIN",
        what: "the server blocks requests with this Origin header",
        hint: "Take the Origin header out of the request, or allow it on the server with --cors-allowed-origins.",
      }
    : undefined;

/** `mlflow server --app-name basic-auth`, without or with wrong credentials. */
export const notAuthenticated: Recogniser = (answer) =>
  answer.status === 401 && answer.text.startsWith("You are not authenticated.")
    ? unauthenticated(answer, cureOf(answer))
    : undefined;

/** MLflow knows the user, who may not do this. */
export const permissionDenied: Recogniser = (answer) =>
  answer.status === 403 && isPermissionDenied(answer.text)
    ? forbidden(answer, "The user is known, but has no permission for this; an MLflow administrator can grant it.")
    : undefined;

export function isHostCheck(body: string): boolean {
  return body.startsWith("Invalid Host header");
}

export function isCrossOriginBlock(body: string): boolean {
  return body.startsWith("Cross-origin request blocked");
}

export function isPermissionDenied(body: string): boolean {
  return body.trim() === "Permission denied" || /"error_code":\s*"PERMISSION_DENIED"/.test(body);
}

const hints: ReadonlyMap<string, string> = new Map([
  [
    "RESOURCE_DOES_NOT_EXIST",
    "Check the name or id; it may have been deleted, or belong to another server or workspace.",
  ],
  ["RESOURCE_ALREADY_EXISTS", "Choose another name, or use the one that exists; a deleted one still holds its name."],
  ["INVALID_PARAMETER_VALUE", "Correct the parameter that the message names."],
  ["REQUEST_LIMIT_EXCEEDED", "Send less at a time, or later."],
  ["RESOURCE_EXHAUSTED", "Send less at a time, or later."],
  ["ENDPOINT_NOT_FOUND", "Check the route, the path prefix of the tracking URI, and the server's version."],
  ["NOT_IMPLEMENTED", "This server, or its store, does not have the feature."],
  ["INTERNAL_ERROR", "The server's log says more."],
  ["TEMPORARILY_UNAVAILABLE", "Try again later."],
  ["FEATURE_DISABLED", "The feature is switched off on this server."],
]);

/** MLflow's own error, `{ error_code, message }`. */
export const restError: Recogniser = (answer) => {
  const given = answer.json?.error_code;
  if (typeof given !== "string" && typeof given !== "number") return undefined;
  const errorCode = /^\w*[A-Za-z]\w*$/.test(String(given)) ? String(given) : nameOf(answer.status);
  const message = text(answer.json?.message);
  const said = message === undefined ? saidIn(answer) : oneLine(message, 1000);
  if (answer.status === 401) return unauthenticated(answer, cureOf(answer), `${errorCode}: ${said}`);
  if (answer.status === 403) {
    const hint = /(invalid|expired|revoked).*token|token.*(invalid|expired|revoked)/i.test(said)
      ? "The token was refused: it has expired or been revoked, or is another server's."
      : "The user is known, but has no permission for this.";
    return forbidden(answer, hint, `${errorCode}: ${said}`);
  }
  return {
    code: "ERR_REST",
    errorCode,
    what: `${errorCode}: ${said}`,
    hint: hints.get(errorCode) ?? "The message is the server's own.",
  };
};

/** MLflow's web page where an answer of its API should be. */
export const webPage: Recogniser = (answer) =>
  answer.status < 300 && /<title>\s*mlflow\b/i.test(answer.text)
    ? {
        code: "ERR_RESPONSE",
        errorCode: "ENDPOINT_NOT_FOUND",
        what: "MLflow's web page answered instead of its API",
        hint: "Check the tracking URI: it ends before /api, and before the # of the page's address.",
      }
    : undefined;

const names: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "ENDPOINT_NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "ABORTED",
  413: "RESOURCE_EXHAUSTED",
  429: "REQUEST_LIMIT_EXCEEDED",
  499: "CANCELLED",
  501: "NOT_IMPLEMENTED",
  503: "TEMPORARILY_UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** MLflow's name for a status, as its Python client gives it to answers that are not MLflow's. */
export function nameOf(status: number): string {
  return names[status] ?? (status >= 400 && status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR");
}
