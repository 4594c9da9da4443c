export { databricks } from "./databricks.ts";
export type { DatabricksOptions, GoogleAccess, HeaderCredentials, Settings, TokenCredentials } from "./options.ts";
export { type DatabricksUri, parseDatabricksUri } from "./uri.ts";
