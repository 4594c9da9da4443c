import type { AuthContext } from "@mlflow-kit/core";

export interface Seen {
  readonly skipped: string[];
  readonly warned: string[];
}

/** A context with nothing in it but what is given, and what was said to it. */
export function testContext(fields: Partial<AuthContext> = {}): AuthContext & Seen {
  const skipped: string[] = [];
  const warned: string[] = [];
  return {
    trackingUri: "https://mlflow.example.com",
    env: {},
    homeDir: "/nonexistent",
    send: () => Promise.reject(new Error("nothing is sent here")),
    log: { debug: () => {}, warn: (message) => void warned.push(message) },
    now: Date.now,
    skip: (reason) => void skipped.push(reason),
    ...fields,
    skipped,
    warned,
  };
}
