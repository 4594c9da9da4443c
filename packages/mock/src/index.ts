export { createStore, type Store, type StoreOptions } from "./engine/index.ts";
export type { GateOptions } from "./gate.ts";
export { type MockOptions, mock } from "./mock.ts";
export { createMockServer, type MockServer, type MockServerOptions } from "./server.ts";
