export * from "./environment.ts";
export * from "./errors.ts";
export * from "./types.ts";
