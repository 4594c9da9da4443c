export type { Wire, WireOptions } from "./wire.ts";
export { createWire } from "./wire.ts";
