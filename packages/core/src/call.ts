import { MlflowError, TimeoutError } from "./errors.ts";

/** What is under way on behalf of a call, and can be given up. */
export interface Abortable {
  abort(reason: unknown): void;
}

/**
 * The time that one call has: until its deadline, the caller's signal, or the client's end. It is a signal only for those
 * who ask for one; the wire registers itself instead, because making and hearing an `AbortSignal` costs a tenth of a
 * request.
 */
export class Call {
  #controller: AbortController | undefined;
  #current: Abortable | undefined;
  #over: { reason: unknown } | undefined;

  get aborted(): boolean {
    return this.#over !== undefined;
  }

  get reason(): unknown {
    return this.#over?.reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over !== undefined) this.#controller.abort(this.#over.reason);
    }
    return this.#controller.signal;
  }

  /** One attempt at a time: the newest is the one to be given up. */
  watch(current: Abortable | undefined): void {
    this.#current = current;
  }

  /** `promise`, unless the call is over first; the promise itself goes on. */
  during<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(this.#over.reason);
      this.watch({ abort: reject });
      promise.then(resolve, reject);
    });
  }

  abort(reason: unknown): void {
    if (this.#over !== undefined) return;
    this.#over = { reason };
    this.#current?.abort(reason);
    this.#controller?.abort(reason);
  }
}

/** A call with what has to be let go of at its end. */
export interface CallScope {
  readonly call: Call;
  /** From here on only the signals count: a streamed body is exempt while bytes flow. */
  liftDeadline(): void;
  /** Lets go of the timer and of the caller's signal. */
  end(): void;
}

/** The calls of one client. */
export interface Calls {
  /** Opens a scope; `end()` must be called. `deadlineMs` 0 means none. @throws the reason, after `endAll`. */
  open(signal: AbortSignal | null | undefined, deadlineMs: number): CallScope;
  /** Aborts every call that is open, and all that come. */
  endAll(reason: unknown): void;
}

export function createCalls(): Calls {
  const open = new Set<Call>();
  let over: { reason: unknown } | undefined;
  return {
    open(signal, deadlineMs) {
      if (over !== undefined) throw over.reason;
      const call = new Call();
      open.add(call);
      const aborted = () => call.abort(signal?.reason);
      if (signal?.aborted) aborted();
      else if (signal) listen(signal, aborted);
      const timer = deadlineMs > 0 ? setTimeout(expire, deadlineMs, call, deadlineMs) : undefined;
      return {
        call,
        liftDeadline: () => clearTimeout(timer),
        end() {
          clearTimeout(timer);
          signal?.removeEventListener("abort", aborted);
          open.delete(call);
        },
      };
    },
    endAll(reason) {
      over ??= { reason };
      for (const call of open) call.abort(reason);
    },
  };
}

/** One signal may end any number of calls, so Node's warning about many listeners does not apply. */
function listen(signal: AbortSignal, listener: () => void): void {
  process.getBuiltinModule("node:events").setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
}

function expire(call: Call, deadlineMs: number): void {
  call.abort(
    new TimeoutError("ERR_TIMEOUT", `no answer within ${deadlineMs / 1000} s, retries and waits included`, {
      sent: true,
      hint: "Raise deadlineMs if the server is known to be slow; otherwise see whether it answers at all.",
    }),
  );
}

export function closedError(): MlflowError {
  return new MlflowError("ERR_CLOSED", "the client was closed", { hint: "Make a new one with createClient()." });
}
