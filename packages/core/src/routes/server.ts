import type { Call, Nothing, Repeatable } from "./call.ts";

export interface ServerRoutes {
  /** Reads what kind of server this is; needs no credentials. Repeatable: it reads. */
  "GET /api/3.0/mlflow/server-info": Call<
    Nothing,
    {
      /** `SqlStore` or `FileStore`. */
      store_type?: string | null;
      workspaces_enabled: boolean;
      artifact_serving_enabled?: boolean;
      multipart_uploads_enabled?: boolean;
      multipart_downloads_enabled?: boolean;
      presigned_upload_run_id_supported?: boolean;
      presigned_upload_model_id_supported?: boolean;
      trace_archival_enabled?: boolean;
    },
    true
  >;
}

export const serverRoutes: Repeatable<ServerRoutes> = {
  "GET /api/3.0/mlflow/server-info": true,
};
