import { AuthError, ConnectionError, type ErrorCode, HttpAuthError, MlflowError, TimeoutError } from "../errors.ts";
import type { ProxyServer } from "./proxy.ts";

/** What a fault's message needs to know. */
export interface Scene {
  /** `https://host:port`, safe to print. */
  readonly origin: string;
  readonly role: "tracking" | "token-endpoint";
  readonly timeoutMs: number;
  readonly proxy?: ProxyServer;
  /** Whether a client certificate was at hand. */
  readonly identified?: boolean;
  /** Where the trust was set, if anywhere. */
  readonly trustSource?: string;
}

const caVariable = "MLFLOW_TRACKING_CA_BUNDLE_PATH";
const insecureVariable = "MLFLOW_TRACKING_INSECURE_TLS";

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  EHOSTDOWN: "the host is down",
  EADDRNOTAVAIL: "no local port or address is free",
  EMFILE: "this process has too many open files",
  ENFILE: "this machine has too many open files",
  ETIMEDOUT: "no answer to the connection attempt",
  ENOTFOUND: "the host name is unknown",
  EAI_AGAIN: "the name server does not answer",
};

/** Why a server's certificate was not accepted; whose fault it is decides the cure. */
const verification: Readonly<Record<string, readonly [text: string, cure: "trust" | "renew" | "name" | "other"]>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    "its certificate authority is not trusted here, or the server leaves out an intermediate certificate",
    "trust",
  ],
  UNABLE_TO_GET_ISSUER_CERT: ["its certificate authority is not trusted here", "trust"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    "its certificate authority is not trusted here, or the server leaves out an intermediate certificate",
    "trust",
  ],
  SELF_SIGNED_CERT_IN_CHAIN: ["its certificate authority is not trusted here", "trust"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["it is self-signed", "trust"],
  CERT_UNTRUSTED: ["it is not trusted here", "trust"],
  CERT_SIGNATURE_FAILURE: ["its signature does not match a trusted certificate authority", "trust"],
  INVALID_CA: ["one of its authorities may not issue certificates", "other"],
  INVALID_PURPOSE: ["it is not meant for servers", "other"],
  PATH_LENGTH_EXCEEDED: ["its chain is longer than an authority allows", "other"],
  CERT_CHAIN_TOO_LONG: ["its chain is too long", "other"],
  CERT_REJECTED: ["it is marked as rejected", "other"],
  CERT_REVOKED: ["it was revoked", "other"],
  CERT_HAS_EXPIRED: ["it, or one of its authorities, has expired", "renew"],
  CERT_NOT_YET_VALID: ["it is not valid yet", "renew"],
  HOSTNAME_MISMATCH: ["it is for another host name", "name"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["it is for another host name", "name"],
};

/** TLS alerts about a client certificate (RFC 8446 §6, RFC 5246 §7.2). */
const certificateAlerts: Readonly<Record<number, string>> = {
  41: "none was sent",
  42: "it is damaged or cannot be verified",
  43: "its type is not supported",
  44: "revoked",
  45: "expired",
  46: "it is not acceptable",
  48: "unknown CA",
  49: "access denied",
  51: "its signature cannot be verified",
  116: "none was sent",
};

/** What is worth keeping of an error: never the bytes of an answer (`HTTPParserError.data`) nor a whole certificate. */
function cause(error: unknown): Error {
  const { message, code, errors } = error as NodeJS.ErrnoException & { errors?: readonly Error[] };
  const kept = new Error(message || (errors ?? []).map((one) => one.message).join("; "));
  return code === undefined ? kept : Object.assign(kept, { code });
}

function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** The number of the TLS alert that the other side sent. */
export function alertNumber(error: unknown): number | undefined {
  const match = /SSL alert number (\d+)/.exec(String((error as Error | undefined)?.message));
  return match === null ? undefined : Number(match[1]);
}

/** Whether a TLS fault is the server's refusal of our certificate, or of our having none. */
export function isCertificateAlert(error: unknown): boolean {
  const number = alertNumber(error);
  return number !== undefined && number in certificateAlerts;
}

export function isCertificateRefusal(error: unknown): error is HttpAuthError {
  return MlflowError.is(error) && error.code === "ERR_HTTP_CLIENT_CERTIFICATE";
}

/** The server ended the connection because of the client certificate; without `alert`, it did not say why. */
export function certificateRefused(alert: unknown, scene: Scene): HttpAuthError {
  const reason = certificateAlerts[alertNumber(alert) ?? 0] ?? "it does not say why";
  const missing = !scene.identified || reason === "none was sent";
  const text = `the server requires a client certificate${missing ? "" : ` and refused it: ${reason}`}`;
  return new HttpAuthError("ERR_HTTP_CLIENT_CERTIFICATE", `MLflow authentication error (TLS): ${text}`, {
    status: 0,
    hint: missing
      ? "Set MLFLOW_TRACKING_CLIENT_CERT_PATH and MLFLOW_TRACKING_CLIENT_KEY_PATH, and use mtls() from @mlflow-kit/auth-mtls."
      : "Check with `openssl x509 -noout -issuer -dates` that MLFLOW_TRACKING_CLIENT_CERT_PATH names a certificate that the server's authority issued and that has not expired.",
    remedies: ["Ask the operator of the server which certificate authority may issue client certificates."],
    ...(alert === undefined ? {} : { cause: cause(alert) }),
  });
}

/** Looking up, reaching or greeting the server failed: not a byte of the request left. */
export function connectFault(error: unknown, scene: Scene): MlflowError {
  if (MlflowError.is(error)) return error;
  const code = codeOf(error) ?? "unknown error";
  if (scene.proxy !== undefined) return proxyFault(reasons[code] ?? "it cannot be reached", scene, { code, error });
  const errorCode: ErrorCode = code === "ENOTFOUND" || code === "EAI_AGAIN" ? "ERR_DNS" : "ERR_CONNECTION";
  const details = {
    sent: false,
    retryable: code !== "ENOTFOUND",
    hint: addressHint(scene),
    remedies: ["Check that the server is running, and that a firewall or a missing proxy setting is not in the way."],
    cause: cause(error),
  };
  const message = `cannot reach ${scene.origin}: ${reasons[code] ?? "the connection failed"} (${code})`;
  return code === "ETIMEDOUT"
    ? new TimeoutError("ERR_TIMEOUT", message, details)
    : new ConnectionError(errorCode, message, details);
}

/** No connection within the time for one attempt. */
export function connectTimeout(scene: Scene): TimeoutError {
  const seconds = `${scene.timeoutMs / 1000} s`;
  if (scene.proxy !== undefined) {
    return new TimeoutError(
      "ERR_PROXY",
      `cannot reach ${scene.origin}: the proxy ${scene.proxy.url.origin} gave no connection within ${seconds}`,
      {
        sent: false,
        hint: proxyHint(scene.proxy),
      },
    );
  }
  return new TimeoutError("ERR_TIMEOUT", `cannot reach ${scene.origin}: no connection within ${seconds}`, {
    sent: false,
    hint: addressHint(scene),
  });
}

/** The proxy is the reason. */
export function proxyFault(
  text: string,
  scene: Scene,
  about: { code?: string; status?: number; error?: unknown; retryable?: boolean } = {},
): ConnectionError {
  const proxy = scene.proxy!;
  const code = about.code === undefined ? "" : ` (${about.code})`;
  return new ConnectionError(
    "ERR_PROXY",
    `cannot reach ${scene.origin} through the proxy ${proxy.url.origin}: ${text}${code}`,
    {
      sent: false,
      retryable: about.retryable ?? about.code !== "ENOTFOUND",
      hint:
        about.status === 407
          ? `Put the proxy's user name and password into ${proxy.variable}: http://user:password@host:port, percent-encoded.`
          : proxyHint(proxy),
      ...(about.error === undefined ? {} : { cause: cause(about.error) }),
    },
  );
}

/** The TLS handshake failed. `met`: the server's certificate had been seen by then. */
export function tlsFault(error: unknown, scene: Scene, met: boolean): MlflowError {
  if (MlflowError.is(error)) return error;
  const code = codeOf(error) ?? "unknown error";
  const known = verification[code];
  if (known !== undefined) return unverified(known[0], known[1], code, error, scene);
  const alert = alertNumber(error);
  // Under TLS 1.2 a server that misses our certificate says "handshake failure", as it does when no cipher fits; but
  // then it has not shown its own certificate.
  if (isCertificateAlert(error) || (alert === 40 && met)) return certificateRefused(error, scene);
  if (code === "ECONNRESET" || code === "EPIPE" || code === "ETIMEDOUT") {
    // Node's own server judges after the handshake, and then just closes.
    if (met && scene.identified) return certificateRefused(undefined, scene);
    return new ConnectionError(
      "ERR_CONNECTION",
      `cannot reach ${scene.origin}: the connection was closed during the TLS handshake (${code})`,
      {
        sent: false,
        hint: addressHint(scene),
        cause: cause(error),
      },
    );
  }
  const [text, hint] = handshakeText(code, alert);
  return new ConnectionError("ERR_TLS", `cannot reach ${scene.origin}: ${text} (${code})`, {
    sent: false,
    retryable: false,
    hint: hint ?? addressHint(scene),
    cause: cause(error),
  });
}

function handshakeText(code: string, alert: number | undefined): readonly [text: string, hint?: string] {
  if (alert === 70 || /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE/.test(code)) {
    return [
      "the server offers no TLS 1.2 or 1.3",
      "Enable TLS 1.2 or 1.3 on the server; older versions are not secure.",
    ];
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_TOO_SMALL/.test(code)) {
    return ["what answers there does not speak TLS", "Check the port: another service may be listening there."];
  }
  if (alert === 112) return ["the server does not know this host name"];
  if (alert === 40) return ["the server and this client have no TLS settings in common"];
  return ["the TLS handshake failed"];
}

function unverified(
  text: string,
  cure: "trust" | "renew" | "name" | "other",
  code: string,
  error: unknown,
  scene: Scene,
): ConnectionError {
  const names = cure === "name" ? namesOf(error) : "";
  const hint = {
    trust:
      scene.trustSource === undefined
        ? `Set ${caVariable} to a PEM file with the certificate authority of the server.`
        : `Add the certificate authority of the server to the bundle named by ${scene.trustSource}.`,
    renew: "Renew the server's certificate, and check the clocks of both machines.",
    name: `Use a host name of the certificate${scene.role === "tracking" ? " in MLFLOW_TRACKING_URI" : ""}, or have one issued for this name.`,
    other: "Have a proper certificate issued for the server.",
  }[cure];
  const remedies = [
    ...(cure === "trust"
      ? ["`openssl s_client -showcerts -connect host:port` shows the chain that the server sends."]
      : []),
    ...(cure === "renew" || cure === "other" ? [`If the server uses a new authority, name it in ${caVariable}.`] : []),
    ...(scene.role === "tracking"
      ? [`For a test on a network you trust, ${insecureVariable}=true turns verification off.`]
      : []),
  ];
  const message = `SSL certificate error: the certificate of ${scene.origin} cannot be accepted: ${text}${names} (${code})`;
  return new ConnectionError("ERR_TLS", message, {
    sent: false,
    retryable: false,
    hint,
    remedies,
    cause: cause(error),
  });
}

/** The names that a certificate does hold. Written by the server, so bounded. */
function namesOf(error: unknown): string {
  const alternatives = (error as { cert?: { subjectaltname?: unknown } }).cert?.subjectaltname;
  if (typeof alternatives !== "string" || alternatives === "") return "";
  return `: ${alternatives.replace(/[^\x20-\x7e]/g, "?").slice(0, 300)}`;
}

/** The exchange failed after the request had been handed to the connection. */
export function exchangeFault(
  error: unknown,
  scene: Scene,
  progress: { sent: boolean; head: boolean; bytes: number; timeoutMs: number },
): MlflowError {
  if (MlflowError.is(error)) return error;
  const { origin } = scene;
  const { sent } = progress;
  const code = codeOf(error);
  switch (code) {
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT": {
      const what = progress.head ? "fell silent in the middle of its answer for" : "did not answer within";
      return new TimeoutError("ERR_TIMEOUT", `${origin} ${what} ${progress.timeoutMs / 1000} s`, {
        sent,
        hint: "Set MLFLOW_HTTP_REQUEST_TIMEOUT to more seconds if the server is slow.",
      });
    }
    case "UND_ERR_INVALID_ARG":
    case "UND_ERR_NOT_SUPPORTED":
      // undici's texts name the header, never its value.
      return new MlflowError("ERR_OPTION", `the request cannot be sent: ${(error as Error).message}`);
    case "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH":
      return new MlflowError("ERR_BODY", "the request's body is not as long as announced");
    case "UND_ERR_HEADERS_OVERFLOW":
      return new ConnectionError("ERR_RESPONSE_TOO_LARGE", `${origin} answered with headers of more than 64 KiB`, {
        sent,
        retryable: false,
      });
  }
  if ((error as Error).name === "HTTPParserError" && !(error as Error).message.includes("EOF")) {
    return new ConnectionError("ERR_CONNECTION_LOST", `${origin} answered with something that is not HTTP`, {
      sent,
      retryable: false,
      hint: addressHint(scene),
    });
  }
  const shown = code === undefined || code.startsWith("UND_") ? "" : ` (${code})`;
  const message = progress.head
    ? `${origin} broke off its answer after ${progress.bytes} bytes${shown}`
    : `${origin} closed the connection without an answer${shown}`;
  return new ConnectionError("ERR_CONNECTION_LOST", message, { sent, hint: lostHint(scene), cause: cause(error) });
}

/** The identity cannot be used. The texts of OpenSSL name what is wrong, never content. */
export function unusableIdentity(error: unknown): AuthError {
  if (error instanceof AuthError) return error;
  const code = codeOf(error);
  return new AuthError(
    "ERR_AUTH_TLS",
    `tls: the client certificate cannot be used${code === undefined ? "" : ` (${code})`}`,
    {
      hint: "Check that certificate and key are PEM, belong together, and that the passphrase is right.",
    },
  );
}

function addressHint(scene: Scene): string {
  return scene.role === "tracking"
    ? "Verify MLFLOW_TRACKING_URI, and that the server is running and reachable from here."
    : "Verify the address of the token endpoint, and that it is reachable from here.";
}

function proxyHint(proxy: ProxyServer): string {
  return `Verify ${proxy.variable}, or name the host in NO_PROXY to go around the proxy.`;
}

function lostHint(scene: Scene): string {
  if (scene.proxy === undefined && scene.origin.startsWith("http:")) {
    return "The server may have restarted, or may speak https on this port; its log says more.";
  }
  return scene.proxy === undefined
    ? "The server may have restarted; its log says more."
    : `The proxy ${scene.proxy.url.origin} or the server behind it may have restarted.`;
}
