import { connect } from "node:net";
import { type ChildServer, startChild } from "./child-server.ts";
import { freePort } from "./free-port.ts";
import { findProgram } from "./programs.ts";
import { temporaryHome } from "./temporary-home.ts";

/** A running nginx. */
export interface NginxServer extends ChildServer, AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port`; for a TLS server put the scheme and host name of the certificate yourself. */
  readonly url: URL;
}

/**
 * Starts nginx with one `server` block of yours.
 *
 * @param server - What stands in `server { … }` besides `listen`, given the folder of `files`.
 * @param options.listen - Words after the port, such as `"ssl"`.
 * @param options.files - Written beside the configuration: certificates, pages.
 * @throws Error when nginx is not installed or refuses the configuration.
 */
export async function startNginx(
  server: string | ((folder: string) => string),
  options: { listen?: string; files?: Record<string, string | Uint8Array> } = {},
): Promise<NginxServer> {
  const program = findProgram("nginx");
  if (!program) throw new Error("nginx is not installed");
  const port = await freePort();
  const home = await temporaryHome(options.files);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${home.path}/${kind};`)
    .join("\n  ");
  const configuration = await home.write(
    "nginx.conf",
    `daemon off;
worker_processes 1;
pid ${home.path}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${port} ${options.listen ?? ""};
    ${typeof server === "string" ? server : server(home.path)}
  }
}
${process.getuid?.() === 0 ? "user root;" : ""}
`,
  );
  const child = await startChild({
    name: "nginx",
    command: [program, "-p", home.path, "-e", "stderr", "-c", configuration],
    isReady: () => accepts(port),
  });
  const close = async () => {
    await child.close();
    await home[Symbol.asyncDispose]();
  };
  return { port, url: new URL(`http://127.0.0.1:${port}`), log: child.log, close, [Symbol.asyncDispose]: close };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
