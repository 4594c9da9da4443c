import type { KeyObject, X509Certificate } from "node:crypto";
import { type AuthContext, AuthError, type TlsIdentity } from "@mlflow-kit/core";
import type { Sources } from "./material.ts";

/**
 * Looks at certificate and key before the first connection does; Node itself is silent about some of these faults, and
 * then sends no certificate at all.
 *
 * @throws AuthError `ERR_AUTH_TLS` for PEM that is none, a missing or foreign key, a missing or wrong passphrase, an
 * expired certificate. One that is not valid yet is a warning: the server's clock decides.
 */
export function checkIdentity(
  given: { cert?: Buffer; key?: Buffer; pfx?: Buffer; passphrase?: string | undefined },
  sources: Sources,
  context: AuthContext,
): TlsIdentity {
  const { passphrase } = given;
  if (given.pfx) {
    checkPfx(given.pfx, passphrase, place("pfx"));
    return { pfx: given.pfx };
  }
  const cert = given.cert as Buffer;
  const key = given.key ?? cert;
  const certificate = parseCertificate(cert, place("cert"));
  const privateKey = parseKey(key, passphrase, place(given.key ? "key" : "cert"), given.key === undefined);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw fault(
      `the key in ${place(given.key ? "key" : "cert")} does not belong to the certificate in ${place("cert")}`,
      "Give the key that the certificate was made for; the first certificate of the file counts.",
    );
  }
  checkDates(certificate, place("cert"), context);
  return { cert, key };

  function place(name: "cert" | "key" | "pfx"): string {
    const source = sources[name];
    return source?.path === undefined ? `options: ${name}` : JSON.stringify(source.path);
  }
}

function parseCertificate(pem: Buffer, place: string): X509Certificate {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const first =
    /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/.exec(
      pem.toString("latin1"),
    );
  try {
    if (first) return new X509Certificate(first[0]);
  } catch {}
  throw fault(
    `${place} holds no certificate in PEM`,
    "It should have a block that begins with -----BEGIN CERTIFICATE-----.",
  );
}

function parseKey(pem: Buffer, passphrase: string | undefined, place: string, combined: boolean): KeyObject {
  const text = pem.toString("latin1");
  const block = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )*PRIVATE KEY-----/.exec(text)?.[0];
  if (block === undefined) {
    throw fault(
      `${place} holds no private key in PEM`,
      combined
        ? "Set MLFLOW_TRACKING_CLIENT_KEY_PATH, or put the key into the same file."
        : "It should have a block that begins with -----BEGIN PRIVATE KEY-----.",
    );
  }
  const encrypted = /ENCRYPTED/.test(block);
  if (encrypted && passphrase === undefined) {
    throw fault(`the key in ${place} is encrypted and no passphrase is given`, "Pass mtls({ passphrase }).");
  }
  const { createPrivateKey } = process.getBuiltinModule("node:crypto");
  try {
    return createPrivateKey({ key: block, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    throw encrypted
      ? fault(`the passphrase does not open the key in ${place}`, "Check the passphrase.")
      : fault(`the private key in ${place} cannot be read`, "Is the file complete?");
  }
}

function checkPfx(pfx: Buffer, passphrase: string | undefined, place: string): void {
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  try {
    createSecureContext({ pfx, ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    throw /mac verify|password|passphrase/i.test((error as Error).message)
      ? fault(`the passphrase does not open ${place}`, "Check the passphrase.")
      : fault(
          `${place} is no PKCS#12 file that this Node can read`,
          "Older files use RC2 or 3DES; export it again with AES-256.",
        );
  }
}

function checkDates(certificate: X509Certificate, place: string, context: AuthContext): void {
  const from = new Date(certificate.validFrom);
  const to = new Date(certificate.validTo);
  if (context.now() > to.getTime()) {
    throw fault(`the certificate in ${place} expired on ${to.toISOString()}`, "Renew it.");
  }
  if (context.now() < from.getTime()) {
    context.log.warn(`mtls: the certificate in ${place} is not valid before ${from.toISOString()}`);
  }
}

function fault(what: string, hint: string): AuthError {
  return new AuthError("ERR_AUTH_TLS", `mtls: ${what}`, { hint });
}
