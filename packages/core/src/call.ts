import { MlflowError, TimeoutError } from "./errors.ts";

/** The time that one call has: the caller's signal, the client's, and the deadline, as one signal. */
export interface CallScope {
  readonly signal: AbortSignal;
  /** From here on only the signals count: a streamed body is exempt while bytes flow. */
  liftDeadline(): void;
  /** Lets go of the timer and of the listeners. */
  end(): void;
}

/** Opens a scope; `end()` must be called. `deadlineMs` 0 means none. */
export function callScope(signals: readonly (AbortSignal | undefined)[], deadlineMs: number): CallScope {
  const controller = new AbortController();
  const watched: [AbortSignal, () => void][] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    if (signal.aborted) {
      controller.abort(signal.reason);
      break;
    }
    const aborted = () => controller.abort(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    watched.push([signal, aborted]);
  }
  const timer = deadlineMs > 0 ? setTimeout(expire, deadlineMs) : undefined;
  return {
    signal: controller.signal,
    liftDeadline: () => clearTimeout(timer),
    end() {
      clearTimeout(timer);
      for (const [signal, aborted] of watched) signal.removeEventListener("abort", aborted);
    },
  };

  function expire() {
    controller.abort(
      new TimeoutError("ERR_TIMEOUT", `no answer within ${deadlineMs / 1000} s, retries and waits included`, {
        sent: true,
        hint: "Raise deadlineMs if the server is known to be slow; otherwise see whether it answers at all.",
      }),
    );
  }
}

export function closedError(): MlflowError {
  return new MlflowError("ERR_CLOSED", "the client was closed", { hint: "Make a new one with createClient()." });
}
