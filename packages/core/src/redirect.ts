import { isReplayable } from "./body.ts";
import { RestError } from "./errors.ts";
import { copyRequest } from "./outgoing.ts";
import type { HttpRequest, HttpResponse } from "./types.ts";

const mostRedirects = 5;
const carried = ["accept", "accept-encoding", "range", "user-agent"];

/** Where an answer sends the request to. */
interface Redirect {
  readonly request: HttpRequest;
  /** Another origin: no credentials and no certificate go there. */
  readonly leaves: boolean;
}

/**
 * Follows redirects from `first` on. Once another origin has been asked, credentials stay at home for good: what comes
 * back to the first origin then comes from a stranger.
 *
 * @param send - Sends the next request; `bare` when it must carry no credentials and no certificate.
 * @throws RestError `ERR_REDIRECT`
 */
export async function follow(
  request: HttpRequest,
  first: HttpResponse,
  send: (request: HttpRequest, bare: boolean) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let current = request;
  let response = first;
  let left = false;
  for (let hops = 1; ; hops += 1) {
    const redirect = redirectOf(current, response);
    if (redirect === undefined) return response;
    response.body.cancel();
    if (hops > mostRedirects) throw tooManyRedirects(response.status);
    left ||= redirect.leaves;
    current = redirect.request;
    response = await send(current, left);
  }
}

/**
 * The request that follows `response`, or undefined when it is no redirect. Same origin: sent again as it was; 301–303
 * would turn a POST into a GET and are refused. Another origin: GET and HEAD only, bare; never from https to http.
 *
 * @throws RestError `ERR_REDIRECT`
 */
function redirectOf(request: HttpRequest, response: HttpResponse): Redirect | undefined {
  const { status } = response;
  const location = response.headers.location;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  const safe = request.method === "GET" || request.method === "HEAD";
  const url =
    typeof location === "string" && URL.canParse(location, request.url.href)
      ? new URL(location, request.url)
      : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw refused("a Location that is no plain http(s) address");
  }
  url.hash = "";
  if (request.url.protocol === "https:" && url.protocol === "http:") throw refused(`plain http (${url.origin})`);
  const leaves = url.origin !== request.url.origin;
  if (!safe && status < 307)
    throw refused(`${url.origin}${url.pathname}, which would turn the ${request.method} into a GET`);
  if (!safe && leaves) throw refused(`another origin (${url.origin}); a ${request.method} is not sent there`);
  if (!isReplayable(request.body)) {
    throw refused(`${url.origin}${url.pathname}, and the body cannot be sent again; pass bytes or fileBody(path)`);
  }
  if (!leaves) return { request: copyRequest(request, url), leaves };
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => carried.includes(name)));
  return { request: { method: request.method, url, headers, signal: request.signal }, leaves };

  function refused(what: string): RestError {
    return new RestError("ERR_REDIRECT", `HTTP ${status}: ${request.url.origin} redirects to ${what}`, {
      status,
      hint: "Set the tracking URI to the address that the server redirects to, or sign in where it is a login page.",
    });
  }
}

function tooManyRedirects(status: number): RestError {
  return new RestError("ERR_REDIRECT", `HTTP ${status}: more than ${mostRedirects} redirects`, {
    status,
    hint: "The server, or a proxy in front of it, redirects in a circle.",
  });
}
