import { ConnectionError, MlflowError } from "../errors.ts";
import type { ResponseBody } from "../types.ts";

const defaultLimit = 64 * 1024 * 1024;
/** Bytes kept for a reader that has not come yet, or is slow. Beyond them the connection is paused. */
const highWater = 64 * 1024;

/** Where the bytes come from. */
export interface Source {
  readonly origin: string;
  /** Closes the connection; the body fails with `error`. */
  abort(error: unknown): void;
}

/** The receiving end of a body: fed by the exchange, read once by the caller. */
export class IncomingBody implements ResponseBody {
  readonly #source: Source;
  readonly #resume: () => void;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #read = false;
  #ended = false;
  #failure: unknown;
  /** Present while everything is being collected. */
  #limit: number | undefined;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor(source: Source, resume: () => void) {
    this.#source = source;
    this.#resume = resume;
  }

  /** False: stop for now. */
  push(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#limit !== undefined) {
      if (this.#held > this.#limit) this.#source.abort(this.#tooLarge(this.#limit));
      return true;
    }
    this.#wake?.();
    this.#paused = this.#held >= highWater;
    return !this.#paused;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    this.#chunks = [];
    this.#wake?.();
  }

  async bytes(limit = defaultLimit): Promise<Uint8Array> {
    this.#claim();
    return this.#ended ? this.#take(limit) : this.#collect(limit);
  }

  async text(limit = defaultLimit): Promise<string> {
    this.#claim();
    const bytes = this.#ended ? this.#take(limit) : await this.#collect(limit);
    const start = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return bytes.toString("utf8", start);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#claim();
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#held -= chunk.length;
          yield chunk;
        } else if (this.#ended) {
          if (this.#failure !== undefined) throw this.#failure;
          return;
        } else {
          await this.#more();
        }
      }
    } finally {
      this.cancel();
    }
  }

  cancel(): void {
    this.#read = true;
    this.#chunks = [];
    if (!this.#ended) this.#source.abort(new MlflowError("ERR_BODY", "the rest of the answer was given up"));
  }

  #claim(): void {
    if (this.#read) throw new MlflowError("ERR_BODY", "the body of this answer was already read");
    this.#read = true;
  }

  async #collect(limit: number): Promise<Buffer> {
    this.#limit = limit;
    if (this.#held > limit) this.#source.abort(this.#tooLarge(limit));
    while (!this.#ended) await this.#more();
    return this.#take(limit);
  }

  #take(limit: number): Buffer {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#held > limit) throw this.#tooLarge(limit);
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.#held);
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      if (!this.#paused) return;
      this.#paused = false;
      this.#resume();
    });
  }

  #tooLarge(limit: number): ConnectionError {
    return new ConnectionError(
      "ERR_RESPONSE_TOO_LARGE",
      `${this.#source.origin} answered with more than ${limit} bytes`,
      {
        sent: true,
        retryable: false,
      },
    );
  }
}
