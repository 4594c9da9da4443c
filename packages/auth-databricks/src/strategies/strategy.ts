import type { AuthContext, Awaitable, Credential, HttpRequest } from "@mlflow-kit/core";
import type { CloudEnvironment } from "../config/environment.ts";
import type { Discovery } from "../oauth/endpoints.ts";
import type { Token } from "../oauth/token.ts";
import type { GoogleAccess, Settings } from "../options.ts";

/** One way of authenticating. */
export interface Strategy {
  /** What `auth_type` calls it. */
  readonly name: string;
  /**
   * Looks at settings, environment and files, and uses neither network nor processes. `undefined` after `skip`: not
   * configured. A throw: configured, and broken.
   */
  configure(setup: Setup): Awaitable<Candidate | undefined>;
}

/** What a strategy decides by. */
export interface Setup {
  readonly settings: Readonly<Settings>;
  readonly environment: CloudEnvironment;
  readonly context: AuthContext;
  readonly endpoints: Discovery;
  readonly googleAuth: GoogleAccess | undefined;
  /** Where a setting was found, for errors. */
  where(key: keyof Settings): string;
  /** Says why the strategy is not configured; kept for the error. */
  skip(reason: string): undefined;
}

/** A strategy that is configured. It has `authorize` when all is known at once, else `load`. */
export interface Candidate {
  /** Where it leads when no host is set. */
  readonly host?: string;
  authorize?(request: HttpRequest): void;
  load?(context: AuthContext): Promise<Credential>;
  /** A token for Azure Resource Manager, which knows a workspace's host. */
  azureToken?(context: AuthContext, resource: string): Promise<Token>;
}
