import { HttpAuthError, RestError } from "../errors.ts";
import type { HttpResponse } from "../types.ts";
import { type Answer, type Diagnosis, header, isHtml, object, type Recogniser, type Sent, saidIn } from "./answer.ts";
import { aws } from "./aws.ts";
import {
  clientCertificate,
  cloudflareAccess,
  identityAwareProxy,
  loginPage,
  otherShapes,
  proxyAuth,
} from "./gateways.ts";
import {
  basicAuth,
  crossOrigin,
  hostCheck,
  isPermissionDenied,
  nameOf,
  permissionDenied,
  permit,
  restError,
  verify,
  workspace,
} from "./mlflow.ts";

/** In this order: the surest signs first, shapes that many layers share last. */
const recognisers: readonly Recogniser[] = [
  hostCheck,
  crossOrigin,
  basicAuth,
  permissionDenied,
  clientCertificate,
  proxyAuth,
  workspace,
  restError,
  cloudflareAccess,
  identityAwareProxy,
  aws,
  otherShapes,
  loginPage,
];

export interface DiagnoseInput {
  readonly method: string;
  /** Safe to print. */
  readonly url: URL;
  /** The body as text, at most 64 KiB, redacted. */
  readonly response: { readonly status: number; readonly headers: HttpResponse["headers"]; readonly text: string };
  readonly sent: Sent;
  readonly unread: readonly string[];
}

/** The error for an answer that is not what was asked for: who said no, why, and what to do. */
export function diagnose(input: DiagnoseInput): HttpAuthError | RestError {
  const { status, text } = input.response;
  const answer: Answer = { ...input, ...input.response, json: jsonOf(text) };
  let found: Diagnosis | undefined;
  for (const recognise of recognisers) {
    found = recognise(answer);
    if (found !== undefined) break;
  }
  const { code, what, hint, remedies, errorCode } = found ?? byStatus(answer);
  const details = { status, body: text, hint, remedies: remedies ?? [] };
  if (errorCode !== undefined) return new RestError(code, what, { ...details, errorCode });
  return new HttpAuthError(code, `MLflow authentication error (HTTP ${status}): ${what}`, details);
}

function byStatus(answer: Answer): Diagnosis {
  const { status, method, url } = answer;
  const said = saidIn(answer);
  const quoted = said === "" ? "an empty body" : `"${said}"`;
  if (status === 401) {
    const remedies = [...answer.unread, ...verify];
    const hint =
      answer.unread[0] ??
      "The server wants other credentials than it got; its WWW-Authenticate header says which kind.";
    return { code: "ERR_HTTP_UNAUTHENTICATED", what: "Invalid credentials", hint, remedies };
  }
  if (status === 403) {
    const hint =
      answer.unread[0] ?? "A proxy or gateway in front of MLflow may have refused: the answer is not MLflow's own.";
    return { code: "ERR_HTTP_FORBIDDEN", what: "Access forbidden", hint, remedies: [...answer.unread, ...permit] };
  }
  const errorCode = nameOf(status);
  if (status < 400) {
    const what = `${method} ${url.origin}${url.pathname} answered HTTP ${status} with ${quoted}, which is no MLflow answer`;
    return {
      code: "ERR_RESPONSE",
      errorCode,
      what,
      hint: "Check that the tracking URI, with its path prefix, is an MLflow server's.",
    };
  }
  return {
    code: "ERR_REST",
    errorCode,
    what: `${errorCode}: ${method} ${url.origin}${url.pathname} answered HTTP ${status} with ${quoted}`,
    hint: hintFor(answer),
  };
}

function hintFor(answer: Answer): string {
  const { status } = answer;
  if (status === 404) return "Check the path prefix of the tracking URI, the route, and the server's version.";
  if (status === 413) return "The server, or a proxy in front of it, limits the size of a body; send less at a time.";
  if (status === 431) return "The headers are too large for the server; a very long token is the usual cause.";
  if (status === 429) return "Too many requests; slow down.";
  if (status === 502 || status === 503 || status === 504) {
    return `A proxy${isHtml(answer) && header(answer, "server") ? ` (${header(answer, "server")})` : ""} in front of MLflow could not reach it, or it is overloaded.`;
  }
  return "The server's log, or that of a proxy in front of it, says more.";
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Whether an answer refuses the credentials, so that others may help: 401; 403 unless MLflow itself says "Permission
 * denied" or objects to the host; 400 where a member signs, as AWS answers it.
 */
export function isRefusal(status: number, _headers: HttpResponse["headers"], text: string, signs: boolean): boolean {
  if (status === 401) return true;
  if (status === 403)
    return !isPermissionDenied(text) && !/^(Invalid Host header|Cross-origin request blocked)/.test(text);
  return status === 400 && signs;
}

const retried = new Set([408, 429, 500, 502, 503, 504]);

/** Whether another attempt may succeed, by MLflow's list; a feature that is switched off stays so. */
export function mayRetryStatus(status: number, _headers: HttpResponse["headers"], text: string): boolean {
  return retried.has(status) && !(status === 500 && text.includes('"FEATURE_DISABLED"'));
}
