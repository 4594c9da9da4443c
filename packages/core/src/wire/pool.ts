import type { Client } from "undici";
import type { MlflowError } from "../errors.ts";
import type { Connector, Link, Target } from "./connect.ts";
import type { Carrier, Exchange } from "./exchange.ts";
import { certificateRefused, exchangeFault, isCertificateAlert } from "./faults.ts";
import { findRefusal, probeMs } from "./probe.ts";

/** Connections per origin; more calls wait their turn. */
const connectionLimit = 256;
/** Milliseconds. Less than the five seconds after which uvicorn, MLflow's server, closes an idle connection. */
const keepAliveMs = 4_000;
const maxHeaderSize = 64 * 1024;

export interface Connection {
  readonly client: Client;
  readonly link: Link;
  exchange: Exchange | undefined;
  /** Whether it has ever been idle. */
  rested: boolean;
}

/** Handed to undici when it asks for another socket: it gets one, and never makes one. */
class Stale extends Error {}

/**
 * The connections to one origin. Each is a socket of ours with an undici `Client` that only speaks HTTP over it, so
 * that undici's own connecting (which heeds no abort, and for some errors starts over for ever) is out of the picture.
 */
export class Pool implements Carrier {
  readonly #target: Target;
  readonly #connector: Connector;
  readonly #ClientClass: typeof Client;
  readonly #absolute: boolean;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #opening = new Set<Exchange>();
  readonly #waiting = new Set<Exchange>();

  constructor(target: Target, connector: Connector, ClientClass: typeof Client) {
    this.#target = target;
    this.#connector = connector;
    this.#ClientClass = ClientClass;
    this.#absolute = target.proxy !== undefined && !target.secure;
  }

  get origin(): string {
    return this.#target.origin;
  }

  start(exchange: Exchange): void {
    const connection = this.#takeIdle();
    if (connection !== undefined) this.#dispatch(connection, exchange);
    else if (this.#full()) this.#waiting.add(exchange);
    else this.#open(exchange);
  }

  #full(): boolean {
    return this.#connections.size + this.#opening.size >= connectionLimit;
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || !connection.link.socket.destroyed) return connection;
    }
  }

  #open(exchange: Exchange): void {
    this.#opening.add(exchange);
    exchange.attempt = this.#connector.open(this.#target, exchange.timeoutMs);
    exchange.attempt.link.then(
      (link) => {
        this.#opening.delete(exchange);
        exchange.attempt = undefined;
        const connection = this.#adopt(link);
        if (exchange.over) this.#park(connection);
        else this.#dispatch(connection, exchange);
      },
      (error) => {
        this.#opening.delete(exchange);
        exchange.attempt = undefined;
        exchange.fail(error);
        this.#serve();
      },
    );
  }

  #adopt(link: Link): Connection {
    let taken = false;
    const client = new this.#ClientClass(this.#target.origin, {
      connect: (_options, callback) => {
        if (taken) {
          callback(new Stale(), null);
        } else {
          taken = true;
          // Called back at once, undici would take the socket and forget the request.
          queueMicrotask(() => callback(null, link.socket as Parameters<typeof callback>[1] & object));
        }
      },
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize,
      allowH2: false,
    });
    const connection: Connection = { client, link, exchange: undefined, rested: false };
    if (link.socket.closed) return connection;
    this.#connections.add(connection);
    link.socket.once("close", () => {
      this.#connections.delete(connection);
      const index = this.#idle.indexOf(connection);
      if (index !== -1) this.#idle.splice(index, 1);
      this.#serve();
    });
    return connection;
  }

  #dispatch(connection: Connection, exchange: Exchange): void {
    connection.exchange = exchange;
    exchange.connection = connection;
    const { url, headers } = exchange.request;
    const path = url.pathname + url.search;
    const options = this.#absolute
      ? exchange.options(url.origin + path, this.#withProxyAuthorization(headers))
      : exchange.options(path, headers);
    connection.client.dispatch(options, exchange);
  }

  #withProxyAuthorization(headers: Record<string, string>): Record<string, string> {
    const authorization = this.#target.proxy?.authorization?.();
    return authorization === undefined ? headers : { ...headers, "proxy-authorization": authorization };
  }

  release(exchange: Exchange): void {
    this.#park(exchange.connection!);
  }

  #park(connection: Connection): void {
    connection.exchange = undefined;
    connection.rested = true;
    this.#idle.push(connection);
    // undici closes the connection, if it does, only after it has told us that the answer is complete.
    if (this.#waiting.size > 0) queueMicrotask(() => this.#serve());
  }

  broken(exchange: Exchange, error: unknown): void {
    const connection = exchange.connection!;
    connection.exchange = undefined;
    if (exchange.over) return;
    const { link, rested } = connection;
    // Nothing was written. From a connection that has never rested, this is how the server treats everyone.
    if (error instanceof Stale && rested) {
      this.start(exchange);
      return;
    }
    if (isCertificateAlert(link.tlsError)) {
      exchange.fail(certificateRefused(link.tlsError, link.scene));
      return;
    }
    const fault = exchangeFault(error, link.scene, exchange);
    // A request that undici refuses leaves the connection untouched.
    if (!exchange.sent && !link.socket.destroyed) this.#park(connection);
    if (link.judged || rested || exchange.head || fault.code !== "ERR_CONNECTION_LOST") {
      exchange.fail(fault);
      return;
    }
    this.#opening.add(exchange);
    exchange.attempt = this.#connector.open(this.#target, probeMs, true);
    void findRefusal(exchange.attempt).then((refusal) => {
      this.#opening.delete(exchange);
      exchange.attempt = undefined;
      exchange.fail(refusal ?? fault);
      this.#serve();
    });
  }

  #serve(): void {
    for (const exchange of this.#waiting) {
      if (this.#idle.length === 0 && this.#full()) return;
      this.#waiting.delete(exchange);
      if (!exchange.over) this.start(exchange);
    }
  }

  /** Settles every call with `error`. The sockets are the connector's to destroy. */
  close(error: MlflowError): void {
    for (const exchange of [...this.#waiting, ...this.#opening]) exchange.abort(error);
    for (const connection of this.#connections) connection.exchange?.abort(error);
    this.#waiting.clear();
  }
}
