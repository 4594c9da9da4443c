import type { Connector, Target } from "./connect.ts";
import { isCertificateAlert } from "./faults.ts";

/** Milliseconds; a server that refuses a certificate says so at once. */
const patience = 1_000;

/**
 * Looks for the TLS alert behind a connection that was closed right after a TLS 1.3 handshake. There the client is
 * done before the server has judged its certificate, and when the server closes with our request unread, the reset can
 * overtake the alert. One connection on which nothing is sent leaves the alert readable. A server that is content
 * shows it by its session ticket.
 */
export async function findAlert(connector: Connector, target: Target): Promise<unknown> {
  const attempt = connector.open(target, patience, true);
  const link = await attempt.link.catch(() => undefined);
  if (link === undefined) return undefined;
  const { socket } = link;
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isCertificateAlert(link.tlsError) ? link.tlsError : undefined);
    };
    const timer = setTimeout(finish, patience);
    socket.once("session", finish).once("close", finish).resume();
  });
}
