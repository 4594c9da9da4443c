import { AuthError } from "../errors.ts";
import type { AuthContext, HttpResponse } from "../types.ts";
import { bearerFault } from "./bearer.ts";
import { parseJsonObject } from "./json-object.ts";
import { jwtExpiry } from "./jwt.ts";

/** One question to an OAuth 2 token endpoint. */
export interface TokenRequest {
  /** The provider's name, for errors. */
  readonly owner: string;
  readonly url: URL;
  readonly form: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer. `expiresAt` comes from `expires_in`, else from the `exp` of a JWT; without both it is absent. */
export interface TokenResponse {
  readonly token: string;
  /** Lower-case: `"bearer"`. */
  readonly tokenType: string;
  readonly expiresAt?: Date;
}

const limit = 1024 * 1024;
const longestSeconds = 100 * 366 * 24 * 60 * 60;

/**
 * Asks an OAuth 2 token endpoint (RFC 6749 §3.2) through `context.send`, and believes only a well-formed answer.
 * `expires_in` may also be a string of digits, as Microsoft's first endpoint sends it.
 *
 * @throws AuthError `ERR_AUTH_LOAD` for any other answer. Of what the endpoint said, only the status and an RFC 6749
 * error code are shown.
 */
export async function requestToken(context: AuthContext, request: TokenRequest): Promise<TokenResponse> {
  const asked = context.now();
  const response = await context.send({
    method: "POST",
    url: request.url,
    headers: {
      accept: "application/json",
      ...request.headers,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams(request.form).toString(),
    ...(context.signal && { signal: context.signal }),
  });
  const text = await response.body.text(limit);
  const answer = parseJsonObject(text);
  const place = `the token endpoint ${request.url.origin}${request.url.pathname}`;
  const failed = (what: string, hint?: string) =>
    new AuthError("ERR_AUTH_LOAD", `${request.owner}: ${place} ${what}`, hint === undefined ? {} : { hint });

  if (response.status !== 200) throw refusal(response, answer, request, failed);
  if (answer === undefined) {
    throw failed("answered with something else than a JSON object", "Is it the token endpoint, or a login page?");
  }
  const fault = bearerFault(answer.access_token);
  if (fault !== undefined) throw failed(`gave an access_token that ${fault.what}`);
  const token = answer.access_token as string;
  const tokenType = typeof answer.token_type === "string" ? answer.token_type.toLowerCase() : undefined;
  if (tokenType !== "bearer") throw failed("gave a token whose token_type is not Bearer");
  if (answer.expires_in === undefined) {
    const expiresAt = jwtExpiry(token);
    return { token, tokenType, ...(expiresAt && { expiresAt }) };
  }
  const seconds =
    typeof answer.expires_in === "string" && /^\d+$/.test(answer.expires_in)
      ? Number(answer.expires_in)
      : answer.expires_in;
  if (typeof seconds !== "number" || !(seconds > 0 && seconds <= longestSeconds)) {
    throw failed("gave an expires_in that is no sensible number of seconds");
  }
  // Counted from the question: the answer may have been long on its way.
  return { token, tokenType, expiresAt: new Date(asked + seconds * 1000) };
}

function refusal(
  response: HttpResponse,
  answer: Record<string, unknown> | undefined,
  request: TokenRequest,
  failed: (what: string, hint?: string) => AuthError,
): AuthError {
  const { status } = response;
  if (status >= 300 && status < 400) {
    return failed(`redirects (HTTP ${status})`, "Secrets do not follow redirects; give the final address.");
  }
  const code = answer?.error;
  const known =
    typeof code === "string" && /^[a-z_]{3,40}$/.test(code) && !Object.values(request.form).includes(code)
      ? code
      : undefined;
  const said = known === undefined ? `answered HTTP ${status}` : `answered HTTP ${status}: ${known}`;
  if (known !== undefined && Object.hasOwn(hints, known)) return failed(said, hints[known]);
  if (status === 404) return failed(said, "Is it the address of the token endpoint?");
  return failed(said, status >= 500 || status === 429 ? "It may recover; try again later." : undefined);
}

const hints: Record<string, string> = {
  invalid_client: "Check the client id and secret, and whether the server wants them by Basic or in the form.",
  unauthorized_client: "The client may not use this grant; allow client credentials for it.",
  invalid_grant: "The grant has expired or was revoked; get a new one.",
  invalid_scope: "Check the scope.",
  invalid_target: "Check the resource or audience.",
  unsupported_grant_type: "The server does not offer this grant to anybody.",
};
