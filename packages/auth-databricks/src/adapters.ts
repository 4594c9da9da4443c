import type { Auth } from "@mlflow-kit/core";

import type { CloudEnvironment } from "./config/environment.ts";
import { fault } from "./errors.ts";
import { azureMargin, credentialOf, type Token, tokenValue } from "./oauth/token.ts";
import type { HeaderCredentials, Settings, TokenCredentials } from "./options.ts";
import { complaint } from "./wording.ts";

/** Lets an object that writes headers, such as the official SDK's `Config`, do the work. It caches by itself. */
export function fromHeaderCredentials(credentials: HeaderCredentials): Pick<Auth, "authorize" | "load"> {
  return {
    async authorize(request) {
      const headers = new Headers();
      await attempt("credentials.authenticate()", () => credentials.authenticate(headers));
      headers.forEach((value, name) => {
        request.headers[name] = value;
      });
    },
  };
}

/** Lets an object that gets Entra tokens, such as a credential of `@azure/identity`, do the work. */
export function fromTokenCredentials(
  credentials: TokenCredentials,
  settings: Readonly<Settings>,
  environment: CloudEnvironment,
): Pick<Auth, "authorize" | "load"> {
  return {
    async load(context) {
      const options = context.signal && { abortSignal: context.signal };
      const fetchToken = async (resource: string): Promise<Token> => {
        const answer = await attempt("credentials.getToken()", () =>
          credentials.getToken(`${resource}/.default`, options),
        );
        const value = tokenValue(answer?.token, "token from credentials.getToken()");
        const expiresAt = new Date(Number(answer?.expiresOnTimestamp));
        return { value, scheme: "Bearer", ...(!Number.isNaN(expiresAt.getTime()) && { expiresAt }) };
      };
      const token = await fetchToken(environment.azureApplicationId);
      const { azureWorkspaceResourceId: resourceId } = settings;
      const beside =
        resourceId === undefined
          ? undefined
          : await fetchToken(environment.azure.serviceManagement).catch((error) => {
              if (context.signal?.aborted) throw error;
              return undefined;
            });
      return credentialOf(context, token, {
        marginMs: azureMargin,
        expiresWith: [beside],
        headers: {
          "x-databricks-azure-sp-management-token": beside?.value,
          "x-databricks-azure-workspace-resource-id": resourceId,
        },
      });
    },
  };
}

/** The error of somebody else's object is told, and not handed on: it may hold anything. */
async function attempt<T>(what: string, act: () => PromiseLike<T> | T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw fault("ERR_AUTH_LOAD", `${what} failed: ${complaint(error instanceof Error ? error.message : "")}`);
  }
}
