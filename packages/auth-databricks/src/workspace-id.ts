import type { Auth, Credential } from "@mlflow-kit/core";
import { type HostSettings, hostType } from "./oauth/metadata.ts";

/**
 * Adds `X-Databricks-Workspace-Id`, by which a unified host knows the workspace that is meant. Whether a host is unified
 * only its metadata tells, which is not asked for everywhere; workspaces take the header, too.
 *
 * @param settings asked for after each load, which may have brought the host's metadata.
 */
export function withWorkspaceId(
  { authorize, load }: Pick<Auth, "authorize" | "load">,
  settings: () => HostSettings,
): Pick<Auth, "authorize" | "load"> {
  return {
    ...(authorize && writing({ authorize }, settings())),
    ...(load && { load: async (context) => writing(await load(context), settings()) }),
  };
}

function writing<T extends Pick<Credential, "authorize">>(credential: T, settings: HostSettings): T {
  const { workspaceId } = settings;
  if (workspaceId === undefined || settings.hostType === "workspace" || hostType(settings) === "account") {
    return credential;
  }
  return {
    ...credential,
    authorize(request) {
      request.headers["x-databricks-workspace-id"] = workspaceId;
      return credential.authorize(request);
    },
  };
}
