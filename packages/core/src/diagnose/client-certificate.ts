import type { Recogniser } from "./answer.ts";

/** nginx and others that want a client certificate and got none, or one they do not accept. */
export const clientCertificate: Recogniser = ({ status, text, unread }) => {
  if (status < 400) return undefined;
  if (/No required SSL certificate was sent|client certificate (is )?required/i.test(text)) {
    return {
      code: "ERR_HTTP_CLIENT_CERTIFICATE",
      what: "the server requires a client certificate",
      hint:
        unread.find((sentence) => sentence.includes("mtls()")) ??
        "Pass mtls() from @mlflow-kit/auth-mtls, with MLFLOW_TRACKING_CLIENT_CERT_PATH and MLFLOW_TRACKING_CLIENT_KEY_PATH.",
      remedies: unread,
    };
  }
  if (/The SSL certificate error|client certificate (is |was )?(invalid|not accepted|refused)/i.test(text)) {
    return {
      code: "ERR_HTTP_CLIENT_CERTIFICATE",
      what: "the server refused the client certificate",
      hint: "See whether the certificate has expired, and whether its issuer is one that the server trusts.",
      remedies: ["Send the intermediate certificates, too: append them to the certificate's file"],
    };
  }
  return undefined;
};
