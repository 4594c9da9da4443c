import type { KeyObject, X509Certificate } from "node:crypto";
import { type AuthContext, AuthError, type TlsIdentity } from "@mlflow-kit/core";
import type { Material, Part, Sources } from "./material.ts";

/** An identity that can be used, and until when, in epoch milliseconds (`Infinity` when that cannot be seen). */
export type Checked = Pick<TlsIdentity, "cert" | "key" | "pfx" | "passphrase"> & { readonly validTo: number };

/**
 * Looks at certificate and key before the first connection does: Node itself is silent about some of these faults, and
 * then sends no certificate at all. PEM comes back in one spelling, without what stood around it.
 *
 * @throws AuthError `ERR_AUTH_TLS` for PEM that is none, a missing or foreign key, a missing or wrong passphrase, an
 * expired certificate. One that is not valid yet is a warning: the server's clock decides.
 */
export function checkIdentity(
  { cert, key, pfx }: Material,
  about: { sources: Sources; passphrase: string | undefined; context: AuthContext },
): Checked {
  const secret = about.passphrase === undefined ? {} : { passphrase: about.passphrase };
  if (pfx) {
    const place = placeOf("pfx");
    const certificate = openPfx(pfx, about.passphrase, place);
    return { pfx, ...secret, validTo: certificate ? checkDates(certificate, place, about.context) : Infinity };
  }
  const keyPart = key ? "key" : "cert";
  const chain = readCertificates(cert!, placeOf("cert"));
  const { block, opened } = readKey((key ?? cert)!, about.passphrase, placeOf(keyPart), keyPart === "cert");
  if (!chain[0].checkPrivateKey(opened)) {
    throw fault(
      `the key in ${placeOf(keyPart)} does not belong to the certificate in ${placeOf("cert")}`,
      "The first certificate of a file is the one that the key must belong to.",
    );
  }
  const validTo = checkDates(chain[0], placeOf("cert"), about.context);
  return { cert: chain.map(String).join(""), key: block, ...secret, validTo };

  function placeOf(part: Part): string {
    const source = about.sources[part];
    return source?.path === undefined ? (source?.setting ?? part) : JSON.stringify(source.path);
  }
}

const certificateBlock = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*-----END \1-----/g;

function readCertificates(pem: Buffer, place: string): [X509Certificate, ...X509Certificate[]] {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const text = pem.toString("latin1");
  const blocks = text.match(certificateBlock) ?? [];
  const begun = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g)?.length ?? 0;
  if (begun === 0) {
    throw fault(`${place} holds no certificate in PEM`, "PEM has a line -----BEGIN CERTIFICATE-----.");
  }
  if (blocks.length !== begun) throw fault(`${place} holds a certificate that is cut off`, "Is the file complete?");
  const [first, ...rest] = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw fault(`${place} holds a damaged certificate (number ${index + 1})`, "Is the file complete?");
    }
  });
  return [first!, ...rest];
}

function readKey(
  pem: Buffer,
  passphrase: string | undefined,
  place: string,
  combined: boolean,
): { block: string; opened: KeyObject } {
  const { createPrivateKey } = process.getBuiltinModule("node:crypto");
  const block = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(pem.toString("latin1"))?.[0];
  if (block === undefined) {
    throw fault(
      `${place} holds no complete private key in PEM`,
      combined
        ? "Set MLFLOW_TRACKING_CLIENT_KEY_PATH, or put the key into the same file."
        : "PEM has a line -----BEGIN PRIVATE KEY----- and one that ends it.",
    );
  }
  const encrypted = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(block);
  if (encrypted && passphrase === undefined) {
    throw fault(`the key in ${place} is encrypted, and there is no passphrase`, "Pass mtls({ passphrase }).");
  }
  try {
    return { block, opened: createPrivateKey({ key: block, ...(passphrase !== undefined && { passphrase }) }) };
  } catch {
    throw encrypted
      ? fault(`the passphrase does not open the key in ${place}`, "Check the passphrase.")
      : fault(`the private key in ${place} is damaged`, "Is the file complete?");
  }
}

/** The certificate of a PKCS#12 file, where this Node shows it. */
function openPfx(pfx: Buffer, passphrase: string | undefined, place: string): X509Certificate | undefined {
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  try {
    const { context } = createSecureContext({ pfx, ...(passphrase !== undefined && { passphrase }) });
    const der: Buffer | undefined = context.getCertificate?.();
    return der && new X509Certificate(der);
  } catch (error) {
    const { message } = error as Error;
    if (/private key|certificate/i.test(message)) {
      throw fault(`${place} does not hold both a certificate and its key`, "Export the two together.");
    }
    if (!/mac verify/i.test(message)) {
      throw fault(
        `${place} is no PKCS#12 file that this Node can read`,
        "Files of old tools are encrypted with RC2; export it again with AES-256.",
      );
    }
    throw passphrase === undefined
      ? fault(`${place} is encrypted, and there is no passphrase`, "Pass mtls({ passphrase }).")
      : fault(`the passphrase does not open ${place}`, "Check the passphrase.");
  }
}

function checkDates(certificate: X509Certificate, place: string, { now, log }: AuthContext): number {
  const from = new Date(certificate.validFrom);
  const to = new Date(certificate.validTo);
  if (now() > to.getTime()) {
    throw fault(`the certificate in ${place} expired on ${to.toISOString()}`, "Renew it.");
  }
  if (now() < from.getTime()) {
    log.warn(`mtls: the certificate in ${place} is not valid before ${from.toISOString()}`);
  }
  return to.getTime();
}

function fault(what: string, hint: string): AuthError {
  return new AuthError("ERR_AUTH_TLS", `mtls: ${what}`, { hint });
}
