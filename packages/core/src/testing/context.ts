import type { AuthContext } from "../types.ts";

/** What a provider said to its context. */
export interface Said {
  readonly skipped: string[];
  readonly warned: string[];
}

/**
 * A context for tests of one provider: an empty environment, no home directory, a network that refuses, and whatever
 * `fields` put in their place. Reasons for skipping and warnings are kept.
 */
export function testContext(fields: Partial<AuthContext> = {}): AuthContext & Said {
  const skipped: string[] = [];
  const warned: string[] = [];
  return {
    trackingUri: "https://mlflow.example.com",
    env: {},
    homeDir: "/nonexistent",
    send: () => Promise.reject(new Error("testContext has no network; give a send()")),
    log: { debug: () => {}, warn: (message) => void warned.push(message) },
    now: Date.now,
    skip: (reason) => void skipped.push(reason),
    ...fields,
    skipped,
    warned,
  };
}
