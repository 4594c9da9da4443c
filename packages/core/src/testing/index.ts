export { testContext } from "./context.ts";
export { describeProvider, type ProviderContract } from "./describe-provider.ts";
