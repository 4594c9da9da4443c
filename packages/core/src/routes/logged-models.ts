import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type { FileInfo, KeyValue, LoggedModel } from "./entities.ts";

export interface LoggedModelRoutes {
  /** Makes a logged model. Not to be repeated: each call makes another one. */
  "POST mlflow/logged-models": Call<
    {
      experiment_id: string;
      name?: string;
      model_type?: string;
      source_run_id?: string;
      params?: KeyValue[];
      tags?: KeyValue[];
    },
    { model: LoggedModel },
    false
  >;
  /** Reads a logged model. Repeatable: it reads. */
  "GET mlflow/logged-models/{model_id}": Call<{ model_id: string }, { model: LoggedModel }, true>;
  /** Says whether a logged model is complete. Repeatable: the status is replaced. */
  "PATCH mlflow/logged-models/{model_id}": Call<
    { model_id: string; status: "LOGGED_MODEL_READY" | "LOGGED_MODEL_UPLOAD_FAILED" },
    { model: LoggedModel },
    true
  >;
  /** Hides a logged model. Repeatable: a hidden model is hidden again. */
  "DELETE mlflow/logged-models/{model_id}": Call<{ model_id: string }, Nothing, true>;
  /** Lists the logged models of experiments that fit a filter. Repeatable: it reads. */
  "POST mlflow/logged-models/search": Call<
    Page & {
      experiment_ids: string[];
      filter?: string;
      /** Counts only metrics on these data sets. */
      datasets?: { dataset_name: string; dataset_digest?: string }[];
      order_by?: { field_name: string; ascending?: boolean; dataset_name?: string; dataset_digest?: string }[];
    },
    NextPage & { models?: LoggedModel[] },
    true
  >;
  /** Sets tags of a logged model. Repeatable: the values are replaced. */
  "PATCH mlflow/logged-models/{model_id}/tags": Call<{ model_id: string; tags: KeyValue[] }, Nothing, true>;
  /** Removes a tag of a logged model. Not to be repeated: the tag is missing then. */
  "DELETE mlflow/logged-models/{model_id}/tags/{tag_key}": Call<{ model_id: string; tag_key: string }, Nothing, false>;
  /** Records parameters of a logged model. Not to be repeated: a parameter is recorded once. */
  "POST mlflow/logged-models/{model_id}/params": Call<{ model_id: string; params: KeyValue[] }, Nothing, false>;
  /** Lists the artifacts of a logged model. Repeatable: it reads. */
  "GET mlflow/logged-models/{model_id}/artifacts/directories": Call<
    { model_id: string; artifact_directory_path?: string; page_token?: string },
    NextPage & { root_uri: string; files?: FileInfo[] },
    true
  >;
}

export const loggedModelRoutes: Repeatable<LoggedModelRoutes> = {
  "POST mlflow/logged-models": false,
  "GET mlflow/logged-models/{model_id}": true,
  "PATCH mlflow/logged-models/{model_id}": true,
  "DELETE mlflow/logged-models/{model_id}": true,
  "POST mlflow/logged-models/search": true,
  "PATCH mlflow/logged-models/{model_id}/tags": true,
  "DELETE mlflow/logged-models/{model_id}/tags/{tag_key}": false,
  "POST mlflow/logged-models/{model_id}/params": false,
  "GET mlflow/logged-models/{model_id}/artifacts/directories": true,
};
