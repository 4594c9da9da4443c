import type { AuthContext, AuthProvider, Send } from "@mlflow-kit/core";
import { ledTo } from "./wire.ts";

/**
 * A provider whose token endpoints, wherever they are, are led to one server on loopback. The requests still go through
 * the client's own `send`, with its limits and retries.
 */
export function routed(provider: AuthProvider, base: URL): AuthProvider {
  const led = (context: AuthContext): AuthContext => {
    const send: Send = (request) => context.send({ ...request, url: ledTo(base, request.url) });
    return Object.create(context, { send: { value: send } });
  };
  return {
    name: provider.name,
    async resolve(context) {
      const auth = await provider.resolve(led(context));
      const load = auth?.load;
      return auth && { ...auth, ...(load && { load: (fresh) => load(led(fresh)) }) };
    },
  };
}
