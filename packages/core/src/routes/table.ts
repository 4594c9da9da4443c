import { type ArtifactRoutes, artifactRoutes } from "./artifacts.ts";
import type { Repeatable } from "./call.ts";
import { type ExperimentRoutes, experimentRoutes } from "./experiments.ts";
import { type GatewayRoutes, gatewayRoutes } from "./gateway.ts";
import { type LoggedModelRoutes, loggedModelRoutes } from "./logged-models.ts";
import { type ModelVersionRoutes, modelVersionRoutes } from "./model-versions.ts";
import { type PromptOptimizationRoutes, promptOptimizationRoutes } from "./prompt-optimization.ts";
import { type RegisteredModelRoutes, registeredModelRoutes } from "./registered-models.ts";
import { type RunRoutes, runRoutes } from "./runs.ts";
import { type ScorerRoutes, scorerRoutes } from "./scorers.ts";
import { type ServerRoutes, serverRoutes } from "./server.ts";
import { type TraceRoutes, traceRoutes } from "./traces.ts";
import { type UserRoutes, userRoutes } from "./users.ts";
import { type WebhookRoutes, webhookRoutes } from "./webhooks.ts";

/**
 * What `client.request` knows: the tracking, registry and user routes of MLflow's REST pages, and those of logged models
 * and traces, as MLflow 3.18 has them; each row was called on the real server. A route without a leading slash is below `/api/2.0/`, one with it below the base
 * path. `{name}` in a route is filled from the parameter of that name, `{+name}` with its slashes kept.
 */
export interface Routes
  extends ExperimentRoutes,
    RunRoutes,
    ArtifactRoutes,
    LoggedModelRoutes,
    RegisteredModelRoutes,
    ModelVersionRoutes,
    WebhookRoutes,
    ScorerRoutes,
    TraceRoutes,
    PromptOptimizationRoutes,
    GatewayRoutes,
    UserRoutes,
    ServerRoutes {}

/** A route with a type: `"POST mlflow/runs/create"`. */
export type Route = keyof Routes;

/** What a route takes. */
export type Parameters<K extends Route> = Routes[K]["parameters"];

/** What a route answers. Fields that MLflow leaves out when empty are optional. */
export type Answer<K extends Route> = Routes[K]["answer"];

/** A route that needs no parameters. */
export type BareRoute = { [K in Route]: Record<never, never> extends Parameters<K> ? K : never }[Route];

const table: Repeatable<Routes> = {
  ...experimentRoutes,
  ...runRoutes,
  ...artifactRoutes,
  ...loggedModelRoutes,
  ...registeredModelRoutes,
  ...modelVersionRoutes,
  ...webhookRoutes,
  ...scorerRoutes,
  ...traceRoutes,
  ...promptOptimizationRoutes,
  ...gatewayRoutes,
  ...userRoutes,
  ...serverRoutes,
};

/** Every route with a type. */
export const routes = Object.keys(table) as readonly Route[];

/** The routes that may be sent twice: the second call changes nothing more, and succeeds like the first. */
export const repeatable: ReadonlySet<string> = new Set(routes.filter((route) => table[route]));
