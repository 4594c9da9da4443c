export type { ClientCredentials } from "./client-credentials.ts";
export type { TokenAnswer, TokenFunction, TokenOptions } from "./options.ts";
export { token } from "./token.ts";
