import type { HttpAuthError } from "../errors.ts";
import type { Attempt, Link } from "./connect.ts";
import { certificateRefused, isCertificateAlert, isCertificateRefusal } from "./faults.ts";

/** Milliseconds for all of it; a server that refuses a certificate says so at once. */
export const probeMs = 1_000;
/** Milliseconds after the session ticket: what judges our certificate outside of TLS does so right after it. */
const graceMs = 100;

/**
 * Why a connection was closed right after the handshake, without an answer: because of our certificate, or not.
 *
 * Under TLS 1.3 the client is done before the server has judged its certificate, and when the server closes with our
 * request unread, the reset can overtake the alert. One more connection, on which nothing is sent, leaves the alert
 * readable. A server that closes even that one, though nobody has asked it anything, does not like who is calling.
 */
export async function findRefusal(attempt: Attempt): Promise<HttpAuthError | undefined> {
  const outcome: unknown = await attempt.link.catch((error: unknown) => error);
  if (outcome instanceof Error) return isCertificateRefusal(outcome) ? outcome : undefined;
  return watch(outcome as Link);
}

function watch(link: Link): Promise<HttpAuthError | undefined> {
  const { socket, scene } = link;
  return new Promise((resolve) => {
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      if (isCertificateAlert(link.tlsError)) resolve(certificateRefused(link.tlsError, scene));
      else resolve(closed && scene.identified ? certificateRefused(undefined, scene) : undefined);
    };
    let timer = setTimeout(done, probeMs, false);
    socket.once("session", () => {
      clearTimeout(timer);
      timer = setTimeout(done, graceMs, false);
    });
    socket.once("close", () => done(true)).resume();
  });
}
