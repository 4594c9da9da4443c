import { type Answer, beginningOf, header, isHtml, type Recogniser, saidIn } from "./answer.ts";

const words = /\bsign[ -]?[io]n\b|\blog[ -]?[io]n\b|\bsso\b|oauth|saml|openid|authenticat|keycloak|okta|auth0/i;

/** A single sign-on page where an answer should be, or a redirect to one. */
export const loginPage: Recogniser = (answer) => {
  const { status } = answer;
  if (status >= 400 && status !== 401 && status !== 403) return undefined;
  const to = locationOf(answer);
  const page = isHtml(answer);
  if (!(to !== undefined ? words.test(to.href) : page && isLogin(answer))) return undefined;
  const title = page ? saidIn(answer) : "";
  const told = to === undefined ? (title === "" ? "" : ` ("${title}")`) : ` (${to.origin}${to.pathname})`;
  return {
    code: "ERR_HTTP_LOGIN_PAGE",
    what: `a sign-in page answered instead of MLflow${told}`,
    hint:
      answer.unread[0] ??
      "A single sign-on layer is in front of the server: give it a bearer token or headers of its own, or find the address behind it.",
    remedies: [
      ...answer.unread,
      "Pass token() with a token of the identity provider",
      "Pass gatewayHeaders() with what the layer in front wants, combined with what MLflow wants",
      "Check the path prefix of the tracking URI",
    ],
  };
};

function isLogin(answer: Answer): boolean {
  if (answer.status !== 401 && words.test(saidIn(answer))) return true;
  return /<input[^>]+type=["']?password|<form[^>]+action=["'][^"']*(login|sign[-_]?in|oauth|saml|auth)|(location(\.href)?\s*=|http-equiv=["']?refresh)[^>]{0,200}(login|sign[-_]?in|oauth|saml)/i.test(
    beginningOf(answer),
  );
}

function locationOf(answer: Answer): URL | undefined {
  const location = header(answer, "location");
  return answer.status >= 300 && answer.status < 400 && URL.canParse(location, answer.url.href)
    ? new URL(location, answer.url)
    : undefined;
}
