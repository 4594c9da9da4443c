import { type Answer, type Diagnosis, header, isHtml, saidIn } from "./answer.ts";
import { challengeOf, cureOf } from "./challenge.ts";
import { nameOf } from "./mlflow.ts";
import { forbidden, unauthenticated } from "./refused.ts";

const ownServers = /uvicorn|gunicorn|werkzeug|waitress/i;

/** What the status alone says, when no layer's mark was found. */
export function byStatus(answer: Answer): Diagnosis {
  const { status, method, url } = answer;
  const said = isHtml(answer) ? "" : saidIn(answer);
  if (status === 401) return unauthenticated(answer, cureOf(answer), challengeOf(answer).description || said);
  if (status === 403) {
    const hint = `${layerOf(answer)} refused, not MLflow's permissions: see what it expects, and whether the credentials reach MLflow.`;
    return forbidden(answer, hint, said);
  }
  const errorCode = nameOf(status);
  const where = `${method} ${url.origin}${url.pathname}`;
  const nothing = isHtml(answer) ? "a page without a title" : "an empty body";
  const quoted = saidIn(answer) === "" ? nothing : `"${saidIn(answer)}"`;
  if (status < 300) {
    return {
      code: "ERR_RESPONSE",
      errorCode,
      what: `${where} answered HTTP ${status} with ${quoted}, which is no MLflow answer`,
      hint: "Check that the tracking URI, with its path prefix, is an MLflow server's; a single sign-on page may also stand there.",
    };
  }
  if (status < 400) {
    return {
      code: "ERR_REDIRECT",
      errorCode,
      what: `${where} answered HTTP ${status}, and MLflow does not redirect`,
      hint: "Set the tracking URI to the address that the server redirects to.",
    };
  }
  return {
    code: "ERR_REST",
    errorCode,
    what: `${errorCode}: ${where} answered HTTP ${status} with ${quoted}`,
    hint: hintFor(answer),
  };
}

function hintFor(answer: Answer): string {
  const { status, text } = answer;
  if (status === 431 || /header.{0,20} too (large|big)/i.test(text)) {
    return "The headers are too large for the server; a very long token is the usual cause.";
  }
  switch (status) {
    case 404:
      return "Check the path prefix of the tracking URI, the route, and the server's version.";
    case 405:
      return "Check the method of the route; a proxy that serves files answers so, too.";
    case 408:
      return "The server waited too long for the request; the network is slow or a proxy holds the body back.";
    case 413:
      return `${layerOf(answer)} limits the size of a body: send less at a time, or raise the limit there.`;
    case 429:
      return "Too many requests: slow down.";
    case 502:
    case 503:
    case 504:
      return `${layerOf(answer)} could not reach MLflow in time, or is overloaded: see whether the server runs.`;
    default:
      return "The server's log, or that of a proxy in front of it, says more.";
  }
}

/** Who seems to have answered: `"A proxy in front of MLflow (nginx/1.22.1)"`. */
function layerOf(answer: Answer): string {
  const server = header(answer, "server").slice(0, 40);
  return `A proxy in front of MLflow${server === "" || ownServers.test(server) ? "" : ` (${server})`}`;
}
