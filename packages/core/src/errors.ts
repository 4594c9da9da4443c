/**
 * Every stable code. `ERR_AUTH_*`: nothing was sent. `ERR_HTTP_*`: the server refused.
 */
export type ErrorCode =
  // AuthError: no or broken credentials, before anything is sent
  | "ERR_AUTH_UNAVAILABLE" // no provider resolved
  | "ERR_AUTH_INCOMPLETE" // half of a pair, or a setting that another one needs
  | "ERR_AUTH_INVALID" // a value that cannot be a credential
  | "ERR_AUTH_CONFLICT" // two answers to the same question
  | "ERR_AUTH_ORIGIN" // credentials would leave for another origin
  | "ERR_AUTH_FILE" // a credential file that is missing, unreadable or malformed
  | "ERR_AUTH_COMMAND" // a credential command that is missing, failed or hung
  | "ERR_AUTH_LOAD" // the token endpoint or the callback did not give a credential
  | "ERR_AUTH_TLS" // a certificate, key or CA bundle that cannot be used
  | "ERR_AUTH_PROVIDER" // a provider threw something of its own
  | "ERR_ENV" // a variable with a value outside its set
  | "ERR_TRACKING_URI"
  | "ERR_ROUTE"
  | "ERR_OPTION"
  | "ERR_BODY"
  | "ERR_CLOSED"
  // HttpAuthError: the server, or a layer in front of it, refused
  | "ERR_HTTP_UNAUTHENTICATED" // 401
  | "ERR_HTTP_FORBIDDEN" // 403, permission
  | "ERR_HTTP_HOST" // MLflow's host check
  | "ERR_HTTP_CROSS_ORIGIN" // MLflow's CORS check
  | "ERR_HTTP_LOGIN_PAGE" // a single sign-on page instead of an answer
  | "ERR_HTTP_AWS" // API Gateway and AWS signature errors
  | "ERR_HTTP_CLIENT_CERTIFICATE" // a client certificate is required, or was refused
  | "ERR_HTTP_PROXY_AUTH" // 407
  // RestError: MLflow answered
  | "ERR_REST"
  | "ERR_HTTP_WORKSPACE" // a missing or unknown workspace
  | "ERR_RESPONSE" // an answer that is no MLflow answer
  | "ERR_REDIRECT"
  // ConnectionError, TimeoutError: nothing, or not everything, came back
  | "ERR_RESPONSE_TOO_LARGE"
  | "ERR_CONNECTION"
  | "ERR_DNS"
  | "ERR_PROXY"
  | "ERR_TLS"
  | "ERR_CONNECTION_LOST" // after the request was sent: the outcome is unknown
  | "ERR_TIMEOUT";

export interface ErrorDetails {
  /** The likeliest cure, one sentence. */
  readonly hint?: string;
  /** What else to try, in order. */
  readonly remedies?: readonly string[];
  readonly cause?: unknown;
}

const marker = Symbol.for("@mlflow-kit/error");

/** What every error of the family is. Tell them apart by `code`, never by the text. */
export class MlflowError extends Error {
  readonly code: ErrorCode;
  /** The likeliest cure, one sentence. */
  readonly hint: string | undefined;
  readonly remedies: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.remedies = details.remedies ?? [];
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `error` is one of the family, also when it comes from another copy of this package. */
  static is(error: unknown): error is MlflowError {
    return typeof error === "object" && error !== null && marker in error;
  }
}

/** No or broken credentials or settings; nothing was sent. */
export class AuthError extends MlflowError {
  override readonly name = "AuthError";
}

export interface ResponseDetails extends ErrorDetails {
  readonly status: number;
  /** The answer's body as text, redacted, at most 64 KiB. */
  readonly body?: string;
}

/** The server, or a layer in front of it, refused the credentials. */
export class HttpAuthError extends MlflowError {
  override readonly name = "HttpAuthError";
  readonly status: number;
  readonly body: string;

  constructor(code: ErrorCode, message: string, details: ResponseDetails) {
    super(code, message, details);
    this.status = details.status;
    this.body = details.body ?? "";
  }
}

export interface RestDetails extends ResponseDetails {
  /** MLflow's own name: `RESOURCE_DOES_NOT_EXIST`. */
  readonly errorCode?: string;
}

/** MLflow, or something that looks like it, answered with an error. */
export class RestError extends MlflowError {
  override readonly name = "RestError";
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly body: string;

  constructor(code: ErrorCode, message: string, details: RestDetails) {
    super(code, message, details);
    this.status = details.status;
    this.errorCode = details.errorCode;
    this.body = details.body ?? "";
  }
}

export interface ConnectionDetails extends ErrorDetails {
  /** Whether the server may have acted on the request: false only when no byte of it left. */
  readonly sent: boolean;
  /** False: trying again cannot help (a TLS fault, a wrong name). */
  readonly retryable?: boolean;
}

/** Nothing (or not everything) came back. */
export class ConnectionError extends MlflowError {
  override readonly name: string = "ConnectionError";
  readonly sent: boolean;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ConnectionDetails) {
    super(code, message, details);
    this.sent = details.sent;
    this.retryable = details.retryable ?? true;
  }
}

/** Nothing came back in time. */
export class TimeoutError extends ConnectionError {
  override readonly name = "TimeoutError";
}
