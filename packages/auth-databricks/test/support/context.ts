import type { AuthContext } from "@mlflow-kit/core";
import { wire } from "./wire.ts";

/** A context with nothing in it but what is given, which keeps what it was told. */
export function testContext(fields: Partial<AuthContext> = {}): AuthContext & {
  readonly skipped: string[];
  readonly debugged: string[];
  readonly warned: string[];
} {
  const skipped: string[] = [];
  const debugged: string[] = [];
  const warned: string[] = [];
  return {
    trackingUri: undefined,
    env: {},
    homeDir: "/nonexistent",
    send: wire(),
    log: { debug: (message) => void debugged.push(message), warn: (message) => void warned.push(message) },
    now: Date.now,
    skip: (reason) => void skipped.push(reason) as undefined,
    skipped,
    debugged,
    warned,
    ...fields,
  };
}
