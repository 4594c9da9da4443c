import type { Socket } from "node:net";
import type { PeerCertificate, SecureContext, TLSSocket } from "node:tls";
import { AuthError } from "../errors.ts";
import type { Awaitable, TlsIdentity } from "../types.ts";
import {
  alertNumber,
  connectFault,
  connectTimeout,
  proxyFault,
  type Scene,
  tlsFault,
  unusableIdentity,
} from "./faults.ts";
import type { ProxyServer } from "./proxy.ts";
import { parseCertificates, type Trust } from "./trust.ts";

/** Where a connection goes. */
export interface Target {
  /** Safe to print. */
  readonly origin: string;
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly proxy?: ProxyServer;
}

/** A connection that is fit for a request. */
export interface Link {
  readonly socket: Socket | TLSSocket;
  readonly scene: Scene;
  /** False: the server may still refuse our certificate, or miss one. Under TLS 1.3 it does so after the handshake. */
  readonly judged: boolean;
  /** A fault that TLS reported after the handshake. */
  tlsError: unknown;
}

/** One try to get a connection. */
export interface Attempt {
  readonly link: Promise<Link>;
  /** Destroys what there is of it; `link` rejects with `reason`. */
  cancel(reason: unknown): void;
}

export interface Connector {
  /** `fresh`: without a remembered TLS session. */
  open(target: Target, timeoutMs: number, fresh?: boolean): Attempt;
  /** Destroys every socket, and waits until they are gone. */
  close(): Promise<void>;
}

export interface ConnectorOptions {
  readonly trust: () => Promise<Trust>;
  readonly identity?: () => Awaitable<TlsIdentity | undefined>;
  readonly role: Scene["role"];
}

/** What connections with the same identity share. */
interface TlsState {
  readonly context: SecureContext;
  /** The latest session per server. Held strongly: behind a `WeakRef`, as undici has them, they live until the next garbage collection. */
  readonly sessions: Map<string, Buffer>;
}

const sessionLimit = 100;
const connectHeadLimit = 64 * 1024;
const nobody = {};
const ignore = () => {};
/** As undici has it; Node 20's own default is a quarter of it. */
const large = { highWaterMark: 64 * 1024 };

/** Makes connections: TCP, then CONNECT where a proxy is in the way, then TLS 1.2 or 1.3. */
export function createConnector(options: ConnectorOptions): Connector {
  const net = process.getBuiltinModule("node:net");
  const tls = process.getBuiltinModule("node:tls");
  const states = new WeakMap<object, TlsState>();
  const sockets = new Set<Socket>();
  let proxyContext: SecureContext | undefined;
  let closing = false;

  function track<S extends Socket>(socket: S): S {
    sockets.add(socket);
    socket.on("error", ignore);
    if (closing) socket.destroy();
    socket.once("close", () => sockets.delete(socket));
    return socket;
  }

  function stateOf(identity: TlsIdentity | undefined, trust: Trust): TlsState {
    const key = identity ?? nobody;
    let state = states.get(key);
    if (state === undefined) {
      state = { context: identityContext(tls, trust, identity), sessions: new Map() };
      states.set(key, state);
    }
    return state;
  }

  function open(target: Target, timeoutMs: number, fresh = false): Attempt {
    let scene: Scene = { origin: target.origin, role: options.role, timeoutMs, proxy: target.proxy };
    let current: Socket | undefined;
    let stop!: (reason: unknown) => void;
    let stopped = false;
    const cancelled = new Promise<never>((_, reject) => {
      stop = reject;
    });
    const cancel = (reason: unknown) => {
      stopped = true;
      clearTimeout(timer);
      stop(reason);
      current?.destroy();
    };
    const timer = timeoutMs > 0 ? setTimeout(() => cancel(connectTimeout(scene)), timeoutMs) : undefined;

    async function run(): Promise<Link> {
      const trust = target.secure || target.proxy?.url.protocol === "https:" ? await options.trust() : undefined;
      const identity = target.secure ? await options.identity?.() : undefined;
      scene = { ...scene, identified: identifies(identity), trustSource: trust?.source };
      if (stopped) return cancelled;
      const carrier = target.proxy === undefined ? undefined : await reachProxy(target.proxy, trust);
      if (stopped) return cancelled;
      if (!target.secure)
        return { socket: carrier ?? (await reach(target.host, target.port)), scene, judged: true, tlsError: undefined };
      return greet(trust!, identity, carrier);
    }

    async function reach(host: string, port: number): Promise<Socket> {
      current = track(
        net.connect({
          host,
          port,
          ...large,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: 60_000,
        }),
      );
      try {
        await until(current, "connect");
      } catch (error) {
        throw connectFault(error, scene);
      }
      return current;
    }

    async function reachProxy(proxy: ProxyServer, trust: Trust | undefined): Promise<Socket> {
      const { url } = proxy;
      const host = bareHost(url.hostname);
      let socket = await reach(host, Number(url.port) || (url.protocol === "https:" ? 443 : 80));
      if (url.protocol === "https:") {
        proxyContext ??= trustContext(tls, { ...trust!, add: true });
        const secured = tls.connect({
          ...serverOf(net, host),
          socket,
          secureContext: proxyContext,
          ALPNProtocols: ["http/1.1"],
          rejectUnauthorized: !trust!.insecure,
        });
        current = socket = track(secured);
        try {
          await until(secured, "secureConnect");
        } catch (error) {
          throw proxyFault("the TLS handshake with it failed", scene, {
            code: (error as NodeJS.ErrnoException).code,
            error,
            retryable: false,
          });
        }
      }
      if (target.secure) await tunnel(socket, proxy);
      return socket;
    }

    async function tunnel(socket: Socket, proxy: ProxyServer): Promise<void> {
      const authority = `${net.isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`;
      const authorization =
        proxy.authorization === undefined ? "" : `proxy-authorization: ${proxy.authorization()}\r\n`;
      socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`);
      let status: number | string;
      try {
        status = await readConnectAnswer(socket);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw proxyFault("it closed the connection instead of opening a tunnel", scene, { code, error });
      }
      if (typeof status === "string") throw proxyFault(status, scene, { retryable: false });
      if (status >= 200 && status < 300) return;
      socket.destroy();
      const text = status === 407 ? "it wants a user name and a password" : "it refused to open a tunnel";
      const retryable = status === 429 || status === 502 || status === 503 || status === 504;
      throw proxyFault(text, scene, { code: `HTTP ${status}`, status, retryable });
    }

    async function greet(trust: Trust, identity: TlsIdentity | undefined, carrier: Socket | undefined): Promise<Link> {
      const { context, sessions } = stateOf(identity, trust);
      // The name is the tracking server's; a token endpoint has its own.
      const server = serverOf(net, target.host, options.role === "tracking" ? identity?.servername : undefined);
      const key = `${target.host}:${target.port}:${server.servername}`;
      const socket = tls.connect({
        ...server,
        ...(carrier === undefined ? { port: target.port } : { socket: carrier }),
        secureContext: context,
        session: fresh ? undefined : sessions.get(key),
        ALPNProtocols: ["http/1.1"],
        rejectUnauthorized: !trust.insecure,
      });
      current = track(socket).setNoDelay(true).setKeepAlive(true, 60_000);
      socket.on("session", (session) => {
        if (sessions.size >= sessionLimit && !sessions.has(key)) sessions.delete(sessions.keys().next().value!);
        sessions.set(key, session);
      });
      let [reached, met] = [carrier !== undefined, false];
      // Asked before the socket takes its end for an error, and again at the error: it forgets the other side early.
      const look = () => {
        met ||= Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
      };
      socket.prependOnceListener("end", look);
      if (!reached) socket.once("connect", () => (reached = true));
      try {
        await until(socket, "secureConnect");
      } catch (error) {
        if (!reached) throw connectFault(error, scene);
        sessions.delete(key);
        look();
        throw tlsFault(error, scene, met);
      }
      const judged = socket.isSessionReused() || (socket.getProtocol() !== "TLSv1.3" && !identifies(identity));
      const link: Link = { socket, scene, judged, tlsError: undefined };
      socket.on("error", (error) => {
        link.tlsError ??= error;
        if (alertNumber(error) !== undefined) sessions.delete(key);
      });
      return link;
    }

    const link = Promise.race([run(), cancelled]).then(
      (made) => {
        clearTimeout(timer);
        return made;
      },
      (error) => {
        clearTimeout(timer);
        stopped = true;
        current?.destroy();
        throw error;
      },
    );
    return { link, cancel };
  }

  async function close(): Promise<void> {
    closing = true;
    const gone = [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    // The innermost first: a TLS socket whose carrier is gone before it never says that it is closed.
    for (const socket of [...sockets].reverse()) socket.destroy();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, 1_000);
    });
    await Promise.race([Promise.all(gone), patience]);
    clearTimeout(timer);
  }

  return { open, close };
}

/** Resolves at `event`; rejects at the first error, and when the socket closes without one. */
function until(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => {
      socket.off(event, onEvent).off("error", done).off("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onEvent = () => done();
    const onClose = () => done(Object.assign(new Error("closed"), { code: "ECONNRESET" }));
    socket.on(event, onEvent).on("error", done).on("close", onClose);
  });
}

/** The status of a CONNECT; a text says why the answer is none. */
function readConnectAnswer(socket: Socket): Promise<number | string> {
  return new Promise((resolve, reject) => {
    let head = "";
    const done = (settle: () => void) => {
      socket.off("data", onData).off("error", onEnd).off("end", onEnd).off("close", onEnd);
      socket.pause();
      settle();
    };
    const onEnd = (error?: unknown) =>
      done(() => reject(error instanceof Error ? error : Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    const onData = (chunk: Buffer) => {
      head += chunk.toString("latin1");
      if (!"HTTP/1.".startsWith(head.slice(0, 7))) return done(() => resolve("it does not speak HTTP"));
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) {
        if (head.length > connectHeadLimit) done(() => resolve("its answer to CONNECT is too long"));
        return;
      }
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
      if (!(status >= 100)) return done(() => resolve("it does not speak HTTP"));
      // Whoever speaks before our side of the handshake is not the server.
      if (status >= 200 && status < 300 && head.length > end + 4)
        return done(() => resolve("it spoke into the tunnel"));
      done(() => resolve(status));
    };
    socket.on("data", onData).on("error", onEnd).on("end", onEnd).on("close", onEnd);
  });
}

/** Whom to ask for and to verify. An IP address goes into no SNI (RFC 6066 §3); its SAN is checked through `host`. */
function serverOf(net: typeof import("node:net"), host: string, name?: string) {
  const plain = host.replace(/\.$/, "");
  const servername = name ?? (net.isIP(plain) === 0 ? plain : "");
  return { host, servername, ...(net.isIPv6(servername || host) ? { checkServerIdentity: checkIPv6 } : {}) };
}

/** Node 22.23's own check takes an IPv6 address for an empty name, and refuses every certificate. */
function checkIPv6(host: string, cert: PeerCertificate): Error | undefined {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  if (new X509Certificate(cert.raw).checkIP(host) !== undefined) return undefined;
  return Object.assign(new Error(`the certificate is not for ${host}`), { code: "ERR_TLS_CERT_ALTNAME_INVALID", cert });
}

/** `hostname` of a URL as a resolver wants it: IPv6 without brackets, and not every one knows `localhost.`. */
export function bareHost(hostname: string): string {
  if (hostname === "localhost.") return "localhost";
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function trustContext(
  tls: typeof import("node:tls"),
  trust: Trust,
  identity: import("node:tls").SecureContextOptions = {},
): SecureContext {
  const settings = { ...identity, minVersion: "TLSv1.2" as const };
  if (trust.anchors === undefined) return tls.createSecureContext(settings);
  if (!trust.add) {
    // Whoever names a certificate trusts it, also when it is not self-signed (as Python 3.13 does).
    const replaced = { ...settings, ca: [...trust.anchors], allowPartialTrustChain: true };
    return tls.createSecureContext(replaced);
  }
  const modern = tls as typeof tls & { getCACertificates?: (type: "default") => string[] };
  if (modern.getCACertificates !== undefined) {
    return tls.createSecureContext({ ...settings, ca: [...modern.getCACertificates("default"), ...trust.anchors] });
  }
  // Before Node 22.15 the list cannot be read; a certificate that is added to a context goes to a copy of it, which
  // lacks NODE_EXTRA_CA_CERTS.
  const made = tls.createSecureContext(settings);
  for (const anchor of [...extraAnchors(), ...trust.anchors]) made.context.addCACert(anchor);
  return made;
}

/** Node reads the file of `NODE_EXTRA_CA_CERTS` when it starts, and only warns when it cannot. */
function extraAnchors(): readonly string[] {
  const path = process.env.NODE_EXTRA_CA_CERTS;
  if (!path) return [];
  try {
    return parseCertificates(process.getBuiltinModule("node:fs").readFileSync(path, "latin1"), "NODE_EXTRA_CA_CERTS");
  } catch {
    return [];
  }
}

function identityContext(
  tls: typeof import("node:tls"),
  trust: Trust,
  identity: TlsIdentity | undefined,
): SecureContext {
  if (!identifies(identity)) return trustContext(tls, trust);
  const { cert, key, pfx, passphrase } = identity;
  const text = (value: string | Uint8Array) => Buffer.from(value as Uint8Array).toString("latin1");
  if (pfx === undefined) {
    if (cert === undefined || !text(cert).includes("-----BEGIN CERTIFICATE-----")) {
      throw new AuthError("ERR_AUTH_TLS", "tls: the client certificate is not PEM");
    }
    if (!text(key ?? cert).includes("PRIVATE KEY-----")) {
      throw new AuthError("ERR_AUTH_TLS", "tls: the client certificate has no private key", {
        hint: "Give the key, too, or one PEM that holds both.",
      });
    }
  }
  const own = pfx === undefined ? { cert: asBuffer(cert!), key: asBuffer(key ?? cert!) } : { pfx: Buffer.from(pfx) };
  try {
    return trustContext(tls, trust, { ...own, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw unusableIdentity(error);
  }
}

/** An identity may hold no more than a server name. */
function identifies(identity: TlsIdentity | undefined): identity is TlsIdentity {
  return identity !== undefined && (identity.cert ?? identity.key ?? identity.pfx) !== undefined;
}

function asBuffer(value: string | Uint8Array): string | Buffer {
  return typeof value === "string" ? value : Buffer.from(value);
}
