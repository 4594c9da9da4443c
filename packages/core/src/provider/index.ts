export * from "./ask.ts";
export * from "./basic.ts";
export { checkToken } from "./bearer.ts";
export * from "./command.ts";
export * from "./file.ts";
export * from "./form.ts";
export * from "./jwt.ts";
export * from "./tls-identity.ts";
export * from "./token-endpoint.ts";
