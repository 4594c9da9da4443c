import type { Auth, HttpRequest } from "@mlflow-kit/core";
import { type HostSettings, hostType } from "./oauth/metadata.ts";

/**
 * Adds `X-Databricks-Workspace-Id`, by which a unified host knows the workspace that is meant. Whether a host is unified
 * only its metadata tells, which is not asked for everywhere; workspaces take the header, too.
 *
 * @param settings asked for at each request: host metadata may arrive later.
 */
export function withWorkspaceId(auth: Pick<Auth, "authorize" | "load">, settings: () => HostSettings): typeof auth {
  const { authorize, load } = auth;
  return {
    ...(authorize && {
      authorize(request) {
        write(request);
        return authorize(request);
      },
    }),
    ...(load && {
      async load(context) {
        const credential = await load(context);
        return {
          ...credential,
          authorize(request) {
            write(request);
            return credential.authorize(request);
          },
        };
      },
    }),
  };

  function write(request: HttpRequest): void {
    const told = settings();
    if (told.workspaceId === undefined || told.hostType === "workspace" || hostType(told) === "account") return;
    request.headers["x-databricks-workspace-id"] = told.workspaceId;
  }
}
