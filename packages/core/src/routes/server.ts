import type { Call, Nothing, Repeatable } from "./call.ts";

export interface ServerRoutes {
  /** Reads what kind of server this is; needs no credentials. Repeatable: it reads. */
  "GET /api/3.0/mlflow/server-info": Call<
    Nothing,
    {
      /** `SqlStore`, or `FileStore` on old servers. */
      store_type?: string | null;
      workspaces_enabled?: boolean;
    },
    true
  >;
}

export const serverRoutes: Repeatable<ServerRoutes> = {
  "GET /api/3.0/mlflow/server-info": true,
};
