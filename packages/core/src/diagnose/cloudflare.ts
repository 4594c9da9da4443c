import { beginningOf, header, isHtml, oneLine, type Recogniser } from "./answer.ts";
import { forbidden } from "./refused.ts";

/** Cloudflare Access in front of MLflow: a redirect to its login, the login page, or a service token refused. */
export const cloudflareAccess: Recogniser = (answer) => {
  if (answer.status >= 400 && answer.status !== 401 && answer.status !== 403) return undefined;
  const marked = `${header(answer, "location")} ${header(answer, "www-authenticate")} ${beginningOf(answer)}`;
  if (!/cloudflareaccess\.com|cdn-cgi\/access\/|cloudflare-access/i.test(marked) && !header(answer, "cf-access-domain"))
    return undefined;
  return {
    code: "ERR_HTTP_LOGIN_PAGE",
    what: "Cloudflare Access answered instead of MLflow",
    hint: 'Add a service token: combine(gatewayHeaders({ "cf-access-client-id": …, "cf-access-client-secret": … }), basic()).',
    remedies: [
      "Renew the service token: an expired one is answered like a missing one",
      "Give the application a policy with the action Service Auth; Allow redirects service tokens to the login",
    ],
  };
};

/** Cloudflare's own rules, before Access and before MLflow. */
export const cloudflareFirewall: Recogniser = (answer) =>
  answer.status === 403 &&
  /cloudflare/i.test(header(answer, "server")) &&
  (/^error code: 1\d\d\d/.test(answer.text) ||
    (isHtml(answer) && /cf-error|cf-chl|Attention Required|Just a moment/i.test(answer.text)))
    ? forbidden(
        answer,
        "Cloudflare's firewall refused the client itself: allow its User-Agent and address, or skip the bot rules for this host.",
        isHtml(answer) ? "" : oneLine(answer.text),
      )
    : undefined;
