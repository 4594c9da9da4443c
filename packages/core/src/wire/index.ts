export type { Trust } from "./trust.ts";
export { loadTrust } from "./trust.ts";
export type { Wire, WireOptions } from "./wire.ts";
export { createWire } from "./wire.ts";
