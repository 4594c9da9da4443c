import { createConnection } from "node:net";
import { fileURLToPath } from "node:url";
import { type ChildServer, startChild } from "./child-server.ts";
import { freePort } from "./free-port.ts";
import { findMlflowPython } from "./programs.ts";

/** What the verifier is told. */
export interface VerifierOptions {
  /** Who may sign: access key ids with their secrets. */
  keys: Record<string, { secret: string; token?: string }>;
  /** Default `"eu-west-1"`. */
  region?: string;
  /** Default `"execute-api"`. */
  service?: string;
  /** The server behind it. Without one, what verifies is answered with `{}`. */
  upstream?: URL;
  /** The `Authorization` that the verifier itself shows upstream. */
  upstreamAuthorization?: string;
  /** Seconds by which its clock is ahead. */
  clock?: number;
  /** Runs moto's STS as well, and lets its sessions pass until they expire. */
  sts?: boolean;
}

/** A server that checks AWS signatures by botocore. */
export interface Verifier extends ChildServer, AsyncDisposable {
  readonly url: URL;
  /** moto's STS, when it was asked for. */
  readonly sts?: URL;
}

const program = fileURLToPath(new URL("./botocore-verifier.py", import.meta.url));

/**
 * Starts a reverse proxy that computes each signature anew with botocore, from the request as it arrived, and answers
 * as API Gateway does when it is another one.
 *
 * @throws Error when `npm run servers` has not installed botocore, or it does not start.
 */
export async function startVerifier(options: VerifierOptions): Promise<Verifier> {
  const python = findMlflowPython();
  if (!python) throw new Error("botocore is not installed: npm run servers");
  const port = await freePort();
  const motoPort = options.sts ? await freePort() : undefined;
  const child = await startChild({
    name: "the botocore verifier",
    command: [
      python,
      program,
      ...["--port", String(port), "--region", options.region ?? "eu-west-1"],
      ...["--service", options.service ?? "execute-api", "--verbose"],
      ...(options.upstream ? ["--upstream", options.upstream.origin] : []),
      ...(options.clock ? [`--clock=${options.clock}`] : []),
      ...(motoPort ? ["--moto", String(motoPort)] : []),
    ],
    env: {
      VERIFIER_KEYS: JSON.stringify(options.keys),
      VERIFIER_UPSTREAM_AUTHORIZATION: options.upstreamAuthorization,
    },
    isReady: () => accepts(port),
  });
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    ...(motoPort && { sts: new URL(`http://127.0.0.1:${motoPort}`) }),
    log: child.log,
    close: child.close,
    [Symbol.asyncDispose]: child.close,
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
