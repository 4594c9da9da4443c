import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type { KeyValue, ModelVersion } from "./entities.ts";

interface Version {
  name: string;
  version: string;
}

export interface ModelVersionRoutes {
  /** Registers a version. Not to be repeated: each call makes another version. */
  "POST mlflow/model-versions/create": Call<
    {
      name: string;
      /** Where its files are. */
      source: string;
      run_id?: string;
      run_link?: string;
      model_id?: string;
      description?: string;
      tags?: KeyValue[];
    },
    { model_version: ModelVersion },
    false
  >;
  /** Reads a version. Repeatable: it reads. */
  "GET mlflow/model-versions/get": Call<Version, { model_version: ModelVersion }, true>;
  /** Lists the versions that fit a filter. Repeatable: it reads. */
  "GET mlflow/model-versions/search": Call<
    Page & { filter?: string; order_by?: string[] },
    NextPage & { model_versions?: ModelVersion[] },
    true
  >;
  /** Reads where the files of a version are. Repeatable: it reads. */
  "GET mlflow/model-versions/get-download-uri": Call<Version, { artifact_uri: string }, true>;
  /** Changes the description of a version. Repeatable: the value is replaced. */
  "PATCH mlflow/model-versions/update": Call<Version & { description?: string }, { model_version: ModelVersion }, true>;
  /** Moves a version to a stage. Repeatable: it is moved there again. */
  "POST mlflow/model-versions/transition-stage": Call<
    Version & { stage: string; archive_existing_versions: boolean },
    { model_version: ModelVersion },
    true
  >;
  /** Removes a version. Not to be repeated: it is unknown then. */
  "DELETE mlflow/model-versions/delete": Call<Version, Nothing, false>;
  /** Sets a tag of a version. Repeatable: the value is replaced. */
  "POST mlflow/model-versions/set-tag": Call<Version & KeyValue, Nothing, true>;
  /** Removes a tag of a version. Repeatable: a missing tag is no error. */
  "DELETE mlflow/model-versions/delete-tag": Call<Version & { key: string }, Nothing, true>;
}

export const modelVersionRoutes: Repeatable<ModelVersionRoutes> = {
  "POST mlflow/model-versions/create": false,
  "GET mlflow/model-versions/get": true,
  "GET mlflow/model-versions/search": true,
  "GET mlflow/model-versions/get-download-uri": true,
  "PATCH mlflow/model-versions/update": true,
  "POST mlflow/model-versions/transition-stage": true,
  "DELETE mlflow/model-versions/delete": false,
  "POST mlflow/model-versions/set-tag": true,
  "DELETE mlflow/model-versions/delete-tag": true,
};
