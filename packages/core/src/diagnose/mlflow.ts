import { type Recogniser, saidIn, text } from "./answer.ts";

/** The guides' advice for a refusal of who somebody is. */
export const verify = [
  "Verify username and password, or the token",
  "Check if the credentials have expired",
  "Ensure that the server expects this authentication method",
];

/** The guides' advice for a refusal of what somebody may do. */
export const permit = [
  "Check if your credentials have the permissions",
  "Verify the MLflow server's configuration",
  "Use HOKUSAI_MOCK_MODE=true for local development",
];

/** MLflow ≥ 3.5: the check against DNS rebinding. It runs before authentication. */
export const hostCheck: Recogniser = ({ status, text: body, url }) =>
  status === 403 && body.startsWith("Invalid Host header")
    ? {
        code: "ERR_HTTP_HOST",
        what: `the server does not answer to the name ${url.host}`,
        hint: `Start the server with --allowed-hosts including "${url.host}", with the port; the credentials were not looked at.`,
        remedies: ["Set MLFLOW_SERVER_ALLOWED_HOSTS on the server; entries match the whole Host header, port included"],
      }
    : undefined;

/** MLflow ≥ 3.5: the check of the Origin header, which this client never sends. */
export const crossOrigin: Recogniser = ({ status, text: body }) =>
  status === 403 && body.startsWith("Cross-origin request blocked")
    ? {
        code: "ERR_HTTP_CROSS_ORIGIN",
        what: "the server blocks requests with this Origin header",
        hint: "Take the Origin header out of the request, or allow it on the server with --cors-allowed-origins.",
      }
    : undefined;

/** mlflow server --app-name basic-auth, without or with wrong credentials. */
export const basicAuth: Recogniser = (answer) => {
  if (answer.status !== 401 || !/basic realm="mlflow"/i.test(String(answer.headers["www-authenticate"] ?? "")))
    return undefined;
  const { members, signed } = answer.sent;
  const basic = members.includes("basic");
  return {
    code: "ERR_HTTP_UNAUTHENTICATED",
    what: "Invalid credentials",
    hint:
      answer.unread[0] ??
      (basic
        ? "The server knows no such user and password; check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        : members.length === 0 || members.includes("anonymous")
          ? "The server wants a user name and password: pass basic() from @mlflow-kit/auth-basic."
          : `The server wants a user name and password, and got ${signed ? "a signature" : members.join(" and ")}: pass basic() from @mlflow-kit/auth-basic.`),
    remedies: [...answer.unread, ...verify],
  };
};

/** MLflow knows the user, who may not do this. */
export const permissionDenied: Recogniser = (answer) =>
  answer.status === 403 && isPermissionDenied(answer.text)
    ? {
        code: "ERR_HTTP_FORBIDDEN",
        what: "Access forbidden",
        hint: "The user is known, but has no permission for this; an MLflow administrator can grant it.",
        remedies: permit,
      }
    : undefined;

export function isPermissionDenied(body: string): boolean {
  return body.trim() === "Permission denied";
}

/** Workspaces: switched off, unknown, or not named. */
export const workspace: Recogniser = (answer) => {
  const message = text(answer.json?.message) ?? text((answer.json?.error as { message?: unknown })?.message) ?? "";
  const code = text(answer.json?.error_code);
  if (code === "FEATURE_DISABLED" && /workspace/i.test(message)) {
    return about("FEATURE_DISABLED", message, "The server has no workspaces: unset MLFLOW_WORKSPACE.");
  }
  if (/workspace context is required/i.test(message)) {
    return about(
      code ?? "INVALID_PARAMETER_VALUE",
      message,
      "Set MLFLOW_WORKSPACE, or pass workspace to createClient.",
    );
  }
  if (
    answer.sent.workspace &&
    /workspace/i.test(message) &&
    /not found|does ?n.t exist|does not exist|unknown/i.test(message)
  ) {
    return about(
      code ?? "RESOURCE_DOES_NOT_EXIST",
      message,
      "Check MLFLOW_WORKSPACE: the server knows no workspace of that name.",
    );
  }
  return undefined;
};

function about(errorCode: string, message: string, hint: string) {
  return { code: "ERR_HTTP_WORKSPACE", errorCode, what: `${errorCode}: ${message}`, hint } as const;
}

const hints: Readonly<Record<string, string>> = {
  RESOURCE_DOES_NOT_EXIST: "Check the name or id; it may have been deleted, or belong to another server or workspace.",
  RESOURCE_ALREADY_EXISTS: "Choose another name, or use the one that exists; a deleted one still holds its name.",
  INVALID_PARAMETER_VALUE: "Correct the parameter that the message names.",
  REQUEST_LIMIT_EXCEEDED: "Send less at a time, or later.",
  RESOURCE_EXHAUSTED: "Send less at a time, or later.",
  ENDPOINT_NOT_FOUND: "Check the route, the path prefix of the tracking URI, and the server's version.",
  INTERNAL_ERROR: "The server's log says more.",
  TEMPORARILY_UNAVAILABLE: "Try again later.",
  FEATURE_DISABLED: "The feature is switched off on this server.",
};

/** MLflow's own error, `{ error_code, message }`. */
export const restError: Recogniser = (answer) => {
  const given = answer.json?.error_code;
  if (typeof given !== "string" && typeof given !== "number") return undefined;
  const errorCode = typeof given === "number" ? nameOf(answer.status) : given;
  const message = text(answer.json?.message) ?? saidIn(answer);
  if (answer.status === 401) {
    return {
      code: "ERR_HTTP_UNAUTHENTICATED",
      what: `Invalid credentials (${errorCode}: ${message})`,
      hint: answer.unread[0] ?? "Check the credentials; they may have expired.",
      remedies: [...answer.unread, ...verify],
    };
  }
  if (answer.status === 403) {
    return {
      code: "ERR_HTTP_FORBIDDEN",
      what: `Access forbidden (${errorCode}: ${message})`,
      hint: "The user is known, but has no permission for this.",
      remedies: permit,
    };
  }
  return {
    code: "ERR_REST",
    errorCode,
    what: `${errorCode}: ${message}`,
    hint: hints[errorCode] ?? "The message is the server's own.",
  };
};

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
  return names[status] ?? "INTERNAL_ERROR";
}
