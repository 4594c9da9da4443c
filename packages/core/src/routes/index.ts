export type { PresignedUrl, UploadCredential } from "./artifacts.ts";
export type { Call, Int64, NextPage, Nothing, Page } from "./call.ts";
export type * from "./entities.ts";
export { type ExpandedRoute, expandRoute } from "./expand.ts";
export type { SearchExperiments } from "./experiments.ts";
export { type Answer, type BareRoute, type Parameters, type Route, type Routes, repeatable, routes } from "./table.ts";
export type { UserResource } from "./users.ts";
export type { WebhookInput } from "./webhooks.ts";
