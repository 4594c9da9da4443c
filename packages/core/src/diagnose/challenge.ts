import { type Answer, credentialsIn, header, oneLine } from "./answer.ts";

const basicProvider = "basic() from @mlflow-kit/auth-basic";
const tokenProvider = "token() from @mlflow-kit/auth-token";

/** What the `WWW-Authenticate` header asks for (RFC 9110 §11.6.1). */
export interface Challenge {
  /** Lower-case: `"basic"`, `"bearer"`. */
  readonly scheme: string;
  /** RFC 6750: `"invalid_token"`, `"insufficient_scope"`. */
  readonly error: string;
  readonly description: string;
  readonly scope: string;
}

export function challengeOf(answer: Answer): Challenge {
  const asked = header(answer, "www-authenticate");
  const parameter = (name: string) => oneLine(new RegExp(`\\b${name}="([^"]*)"`, "i").exec(asked)?.[1] ?? "");
  return {
    scheme: /^[A-Za-z][\w-]*/.exec(asked)?.[0].toLowerCase() ?? "",
    error: parameter("error"),
    description: parameter("error_description"),
    scope: parameter("scope"),
  };
}

/** The likeliest cure of a 401, by what was sent and what is asked for. */
export function cureOf(answer: Answer): string {
  const { scheme, error } = challengeOf(answer);
  const sent = credentialsIn(answer);
  const { members } = answer.sent;
  if (scheme === "basic" && !members.includes("basic")) {
    return `The server wants a user name and password${sent && `, not what ${sent} sends`}: pass ${basicProvider}.`;
  }
  if (scheme === "basic") {
    return "The server knows no such user and password: check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.";
  }
  if (["negotiate", "ntlm", "digest", "kerberos"].includes(scheme)) {
    return `The server wants ${scheme} authentication: write a provider for it, or find an address that takes a token.`;
  }
  if (scheme === "bearer" && error !== "" && sent !== "") {
    return "The token was refused: it has expired or been revoked, or is for another audience.";
  }
  if (scheme === "bearer" && !members.includes("token") && !members.includes("databricks")) {
    return `The server wants a bearer token${sent && `, not what ${sent} sends`}: pass ${tokenProvider}.`;
  }
  return sent === ""
    ? `Nothing was sent that says who you are: set MLFLOW_TRACKING_TOKEN and pass ${tokenProvider}, or use the provider that the server expects.`
    : `The server refused what ${sent} sent: it may have expired, or be for another audience.`;
}
