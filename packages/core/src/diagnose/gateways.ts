import { header, isHtml, object, type Recogniser, saidIn, text } from "./answer.ts";
import { nameOf, permit, verify } from "./mlflow.ts";

/** nginx and others that want a client certificate and got none, or one they do not accept. */
export const clientCertificate: Recogniser = (answer) => {
  const required = /No required SSL certificate was sent|client certificate (is )?required/i.test(answer.text);
  const refused = /The SSL certificate error|client certificate (is )?(invalid|not accepted|verification)/i.test(
    answer.text,
  );
  if (answer.status < 400 || !(required || refused)) return undefined;
  return {
    code: "ERR_HTTP_CLIENT_CERTIFICATE",
    what: required ? "the server requires a client certificate" : "the server refused the client certificate",
    hint: required
      ? "Pass mtls() from @mlflow-kit/auth-mtls, or set MLFLOW_TRACKING_CLIENT_CERT_PATH for it."
      : "See whether the certificate has expired, and whether its issuer is one that the server trusts.",
    remedies: answer.unread,
  };
};

/** A proxy that wants credentials of its own. */
export const proxyAuth: Recogniser = ({ status }) =>
  status === 407
    ? {
        code: "ERR_HTTP_PROXY_AUTH",
        what: "the proxy wants credentials",
        hint: "Put them into the proxy's address (HTTPS_PROXY=http://user:password@proxy), or exempt the server with NO_PROXY.",
      }
    : undefined;

/** Cloudflare Access in front of MLflow. */
export const cloudflareAccess: Recogniser = (answer) => {
  const marked = /cloudflareaccess\.com|cf-access/i.test(
    `${header(answer, "location")} ${header(answer, "www-authenticate")} ${answer.text.slice(0, 4096)}`,
  );
  const refused = answer.status === 401 || answer.status === 403 || answer.status < 400;
  if (!refused || !(marked || header(answer, "cf-access-domain") || header(answer, "cf-access-aud"))) return undefined;
  return {
    code: "ERR_HTTP_LOGIN_PAGE",
    what: "Cloudflare Access answered instead of MLflow",
    hint: 'Add a service token: combine(gatewayHeaders({ "cf-access-client-id": …, "cf-access-client-secret": … }), basic()).',
  };
};

/** Google's Identity-Aware Proxy in front of MLflow. */
export const identityAwareProxy: Recogniser = (answer) =>
  header(answer, "x-goog-iap-generated-response") !== "" || /Invalid IAP credentials/i.test(answer.text)
    ? {
        code: "ERR_HTTP_LOGIN_PAGE",
        what: "Google's Identity-Aware Proxy answered instead of MLflow",
        hint: 'Give it an ID token of its own: gatewayHeaders({ "proxy-authorization": () => … }), combined with what MLflow wants.',
      }
    : undefined;

/** A single sign-on page where an API answer should be: 200, or a redirect. */
export const loginPage: Recogniser = (answer) => {
  const redirected = answer.status >= 300 && answer.status < 400;
  const page = isHtml(answer) && (answer.status < 300 || answer.status === 401 || answer.status === 403);
  if (!redirected && !page) return undefined;
  if (page && answer.status < 300 && /<title>\s*mlflow/i.test(answer.text)) {
    return {
      code: "ERR_RESPONSE",
      errorCode: "ENDPOINT_NOT_FOUND",
      what: "MLflow's web page answered instead of its API",
      hint: "Check the tracking URI: it ends before /api, and without the # part of the page's address.",
    };
  }
  const signIn = /sign[ -]?in|log[ -]?in|sso|oauth|saml|openid|password/i.test(
    `${header(answer, "location")} ${answer.text.slice(0, 16_384)}`,
  );
  if (!signIn && answer.status >= 400) return undefined;
  const title = saidIn(answer);
  return {
    code: "ERR_HTTP_LOGIN_PAGE",
    what: `a sign-in page or a proxy answered instead of MLflow${title ? ` ("${title}")` : ""}`,
    hint:
      answer.unread[0] ??
      "A single sign-on layer is in front of the server: give it a bearer token or its own headers, or find the address behind it.",
    remedies: [
      ...answer.unread,
      "Pass token() with a token of the identity provider",
      "Check the path prefix of the tracking URI",
    ],
  };
};

/** Shapes of others: Kubernetes and AzureML `{error: {…}}`, Kubernetes `Status`, FastAPI `{detail}`, `{message}`. */
export const otherShapes: Recogniser = (answer) => {
  const { json, status } = answer;
  if (json === undefined || status < 400) return undefined;
  const error = object(json.error);
  const inner = text(object(error?.innerError)?.code);
  const reason = text(error?.code) ?? text(json.reason) ?? text(json.error) ?? text(json.code);
  const detail = typeof json.detail === "object" ? JSON.stringify(json.detail) : text(json.detail);
  const message =
    text(error?.message) ?? text(json.error_description) ?? text(json.message) ?? text(json.Message) ?? detail;
  if (message === undefined && reason === undefined) return undefined;
  const said = [[reason, inner].filter(Boolean).join("/"), message].filter(Boolean).join(": ").slice(0, 300);
  if (status === 401) {
    return {
      code: "ERR_HTTP_UNAUTHENTICATED",
      what: `Invalid credentials (${said})`,
      hint: answer.unread[0] ?? bearerHint(answer.sent.members),
      remedies: [...answer.unread, ...verify],
    };
  }
  if (status === 403) {
    return {
      code: "ERR_HTTP_FORBIDDEN",
      what: `Access forbidden (${said})`,
      hint: "The identity is known to the layer in front of MLflow, but may not do this.",
      remedies: permit,
    };
  }
  const errorCode = nameOf(status);
  return {
    code: "ERR_REST",
    errorCode,
    what: `${errorCode}: ${said}`,
    hint: "A layer in front of MLflow answered; the message is its own.",
  };
};

function bearerHint(members: readonly string[]): string {
  return members.some((name) => name !== "anonymous")
    ? `The server refused what ${members.join(" and ")} sent; it may have expired, or be for another audience.`
    : "The server wants credentials: pass token() from @mlflow-kit/auth-token, or the provider that it expects.";
}
