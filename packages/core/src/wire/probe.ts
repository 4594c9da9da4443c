import type { HttpAuthError } from "../errors.ts";
import type { Connector, Target } from "./connect.ts";
import { certificateRefused, isCertificateAlert, isCertificateRefusal } from "./faults.ts";

/** Milliseconds for all of it; a server that refuses a certificate says so at once. */
const patience = 1_000;
/** Milliseconds after the session ticket: what judges our certificate outside of TLS does so right after it. */
const grace = 100;

/**
 * Why a connection was closed right after the handshake, without an answer: because of our certificate, or not.
 *
 * Under TLS 1.3 the client is done before the server has judged its certificate, and when the server closes with our
 * request unread, the reset can overtake the alert. One more connection, on which nothing is sent, leaves the alert
 * readable. A server that closes even that one, though nobody has asked it anything, does not like who is calling.
 */
export async function findRefusal(connector: Connector, target: Target): Promise<HttpAuthError | undefined> {
  const outcome = await connector.open(target, patience, true).link.catch((error: unknown) => error);
  if (isCertificateRefusal(outcome)) return outcome;
  if (typeof outcome !== "object" || outcome === null || !("socket" in outcome)) return undefined;
  const link = outcome as Awaited<ReturnType<Connector["open"]>["link"]>;
  const { socket, scene } = link;
  return new Promise((resolve) => {
    let timer = setTimeout(done, patience);
    function done(closed = false) {
      clearTimeout(timer);
      socket.destroy();
      if (isCertificateAlert(link.tlsError)) resolve(certificateRefused(link.tlsError, scene));
      else resolve(closed && scene.identified ? certificateRefused(undefined, scene) : undefined);
    }
    socket.once("session", () => {
      clearTimeout(timer);
      timer = setTimeout(done, grace);
    });
    socket.once("close", () => done(true)).resume();
  });
}
