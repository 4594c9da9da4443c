import { MlflowError, TimeoutError } from "./errors.ts";

/** The time that one call has: the caller's signal, the client's end, and the deadline, as one signal. */
export interface CallScope {
  readonly signal: AbortSignal;
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
  const open = new Set<AbortController>();
  let over: { reason: unknown } | undefined;
  return {
    open(signal, deadlineMs) {
      if (over !== undefined) throw over.reason;
      const controller = new AbortController();
      open.add(controller);
      const aborted = () => controller.abort(signal?.reason);
      if (signal?.aborted) aborted();
      else if (signal) listen(signal, aborted);
      const timer = deadlineMs > 0 ? setTimeout(expire, deadlineMs, controller, deadlineMs) : undefined;
      return {
        signal: controller.signal,
        liftDeadline: () => clearTimeout(timer),
        end() {
          clearTimeout(timer);
          signal?.removeEventListener("abort", aborted);
          open.delete(controller);
        },
      };
    },
    endAll(reason) {
      over ??= { reason };
      for (const controller of open) controller.abort(reason);
    },
  };
}

/** One signal may end any number of calls, so Node's warning about many listeners does not apply. */
function listen(signal: AbortSignal, listener: () => void): void {
  process.getBuiltinModule("node:events").setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
}

function expire(controller: AbortController, deadlineMs: number): void {
  controller.abort(
    new TimeoutError("ERR_TIMEOUT", `no answer within ${deadlineMs / 1000} s, retries and waits included`, {
      sent: true,
      hint: "Raise deadlineMs if the server is known to be slow; otherwise see whether it answers at all.",
    }),
  );
}

export function closedError(): MlflowError {
  return new MlflowError("ERR_CLOSED", "the client was closed", { hint: "Make a new one with createClient()." });
}
