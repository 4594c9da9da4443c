import { header, type Recogniser } from "./answer.ts";
import { forbidden, unauthenticated } from "./refused.ts";

/** A forward proxy that wants credentials of its own. */
export const proxyAuth: Recogniser = ({ status }) =>
  status === 407
    ? {
        code: "ERR_HTTP_PROXY_AUTH",
        what: "the proxy wants credentials",
        hint: "Put them into the proxy's address (HTTPS_PROXY=http://user:password@proxy), or exempt the server with NO_PROXY.",
      }
    : undefined;

/** A forward proxy that refused, or could not reach the server: Squid says so in a header. */
export const squid: Recogniser = (answer) => {
  const fault = header(answer, "x-squid-error").split(" ")[0] ?? "";
  if (fault === "") return undefined;
  if (answer.status === 403) {
    return forbidden(
      answer,
      "The forward proxy refused, not MLflow: exempt the server with NO_PROXY, or allow it there.",
      fault,
    );
  }
  return {
    code: "ERR_REST",
    errorCode: "TEMPORARILY_UNAVAILABLE",
    what: `TEMPORARILY_UNAVAILABLE: the forward proxy could not reach ${answer.url.host} (${fault})`,
    hint: "Check the tracking URI, or exempt the server from the proxy with NO_PROXY.",
  };
};

/** http:// in front of a port that speaks TLS: nginx, Go, Apache. */
export const plainHttp: Recogniser = ({ status, text, url }) =>
  status === 400 &&
  /plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP to an SSL/i.test(text)
    ? {
        code: "ERR_REST",
        errorCode: "BAD_REQUEST",
        what: `BAD_REQUEST: ${url.host} wants https, and got plain http`,
        hint: `Write https:// in the tracking URI: https://${url.host}`,
        remedies: ["Renew credentials that were sent over plain http"],
      }
    : undefined;

/** Envoy and Istio: refusals in one line of plain text. */
export const envoy: Recogniser = (answer) => {
  const said = answer.text.trim();
  if (answer.status === 401 && /^Jwt /i.test(said)) {
    return unauthenticated(
      answer,
      /missing/i.test(said)
        ? "The service mesh wants a JSON web token: pass token() from @mlflow-kit/auth-token."
        : "The service mesh refused the token: it has expired, or is of another issuer or audience.",
      said.slice(0, 200),
    );
  }
  return answer.status === 403 && said.startsWith("RBAC: access denied")
    ? forbidden(answer, "An authorization policy of the service mesh refuses this, not MLflow.", "RBAC: access denied")
    : undefined;
};
