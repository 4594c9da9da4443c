import { header, isHtml, type Recogniser, saidIn } from "./answer.ts";
import { forbidden, unauthenticated } from "./refused.ts";

const iapHint =
  'Give Identity-Aware Proxy an ID token of its own: gatewayHeaders({ "proxy-authorization": () => … }), combined with what MLflow wants.';

/** Google's Identity-Aware Proxy in front of MLflow. */
export const identityAwareProxy: Recogniser = (answer) => {
  const { status } = answer;
  const generated = header(answer, "x-goog-iap-generated-response") !== "";
  if (!generated && !answer.text.startsWith("Invalid IAP credentials")) return undefined;
  const said = isHtml(answer) ? "Identity-Aware Proxy" : saidIn(answer);
  if (status === 401) return unauthenticated(answer, iapHint, said);
  if (status === 403) {
    return forbidden(answer, "Give the identity the role IAP-secured Web App User for this application.", said);
  }
  if (status >= 400) return undefined;
  return {
    code: "ERR_HTTP_LOGIN_PAGE",
    what: "Google's Identity-Aware Proxy answered instead of MLflow",
    hint: iapHint,
  };
};

/** Cloud Run, and others behind Google's front end, without public access. */
export const cloudRun: Recogniser = (answer) => {
  const { status } = answer;
  const google =
    /^Google Frontend$/i.test(header(answer, "server")) || /does not have permission to get URL/i.test(answer.text);
  if (!google || !isHtml(answer) || (status !== 401 && status !== 403)) return undefined;
  return status === 401
    ? unauthenticated(answer, "Cloud Run refused the token: it wants an ID token whose audience is the service's URL.")
    : forbidden(
        answer,
        "Send an ID token whose audience is the service's URL, of an identity with the role Cloud Run Invoker.",
      );
};
