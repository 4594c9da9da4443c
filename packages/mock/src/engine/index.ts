export { answer, type Question, type Reply } from "./engine.ts";
export { createStore, type Store, type StoreOptions } from "./store.ts";
export { onlyAdmin, type Users } from "./users.ts";
