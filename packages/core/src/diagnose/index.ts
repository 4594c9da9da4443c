import { HttpAuthError, RestError } from "../errors.ts";
import { type Answer, object, type Recogniser, type Sent } from "./answer.ts";
import { aws } from "./aws.ts";
import { clientCertificate } from "./client-certificate.ts";
import { cloudflareAccess, cloudflareFirewall } from "./cloudflare.ts";
import { cloudRun, identityAwareProxy } from "./google.ts";
import { loginPage } from "./login-page.ts";
import { crossOrigin, hostCheck, notAuthenticated, permissionDenied, restError, webPage } from "./mlflow.ts";
import { envoy, plainHttp, proxyAuth, squid } from "./proxies.ts";
import { azureml, kubernetes, otherJson } from "./shapes.ts";
import { byStatus } from "./status.ts";
import { workspace } from "./workspace.ts";

export { isRefusal, mayRetryStatus } from "./refusal.ts";

/** In this order: the surest signs first, shapes that many layers share last. */
const recognisers: readonly Recogniser[] = [
  hostCheck,
  crossOrigin,
  notAuthenticated,
  permissionDenied,
  workspace,
  restError,
  webPage,
  proxyAuth,
  squid,
  clientCertificate,
  plainHttp,
  cloudflareAccess,
  cloudflareFirewall,
  identityAwareProxy,
  cloudRun,
  envoy,
  kubernetes,
  azureml,
  aws,
  otherJson,
  loginPage,
];

export interface DiagnoseInput {
  readonly method: string;
  /** Safe to print. */
  readonly url: URL;
  /** The body as text, at most 64 KiB, redacted. */
  readonly response: Pick<Answer, "status" | "headers" | "text">;
  readonly sent: Sent;
  readonly unread: readonly string[];
}

/** The error for an answer that is not what was asked for: who said no, why, and what to do. */
export function diagnose(input: DiagnoseInput): HttpAuthError | RestError {
  const { status, text } = input.response;
  const answer: Answer = { ...input, ...input.response, json: jsonOf(text) };
  let found: ReturnType<Recogniser>;
  for (const recognise of recognisers) {
    found = recognise(answer);
    if (found !== undefined) break;
  }
  const { code, what, hint, remedies = [], errorCode } = found ?? byStatus(answer);
  const details = { status, body: text, hint, remedies };
  const error =
    errorCode === undefined
      ? new HttpAuthError(code, `MLflow authentication error (HTTP ${status}): ${what}`, details)
      : new RestError(code, what, { ...details, errorCode });
  // There for programs, but a page of HTML is not what a log should show.
  Object.defineProperty(error, "body", { enumerable: false });
  return error;
}

function jsonOf(text: string): Answer["json"] {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}
