import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type { KeyValue, ModelVersion, RegisteredModel } from "./entities.ts";

type Latest = Call<{ name: string; stages?: string[] }, { model_versions?: ModelVersion[] }, true>;

/** Models of the registry. A prompt is one, too, with the tag `mlflow.prompt.is_prompt`. */
export interface RegisteredModelRoutes {
  /** Makes a name in the registry. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST mlflow/registered-models/create": Call<
    { name: string; description?: string; tags?: KeyValue[]; deployment_job_id?: string },
    { registered_model: RegisteredModel },
    false
  >;
  /** Reads a registered model. Repeatable: it reads. */
  "GET mlflow/registered-models/get": Call<{ name: string }, { registered_model: RegisteredModel }, true>;
  /** Lists the registered models that fit a filter. Repeatable: it reads. */
  "GET mlflow/registered-models/search": Call<
    Page & { filter?: string; order_by?: string[] },
    NextPage & { registered_models?: RegisteredModel[] },
    true
  >;
  /** Renames a registered model. Not to be repeated: the old name is unknown then. */
  "POST mlflow/registered-models/rename": Call<
    { name: string; new_name: string },
    { registered_model: RegisteredModel },
    false
  >;
  /** Changes the description of a registered model. Repeatable: the value is replaced. */
  "PATCH mlflow/registered-models/update": Call<
    { name: string; description?: string; deployment_job_id?: string },
    { registered_model: RegisteredModel },
    true
  >;
  /** Removes a registered model with its versions. Not to be repeated: the name is unknown then. */
  "DELETE mlflow/registered-models/delete": Call<{ name: string }, Nothing, false>;
  /** Lists the newest version in each stage. Repeatable: it reads. */
  "POST mlflow/registered-models/get-latest-versions": Latest;
  /** Lists the newest version in each stage. Repeatable: it reads. */
  "GET mlflow/registered-models/get-latest-versions": Latest;
  /** Sets a tag of a registered model. Repeatable: the value is replaced. */
  "POST mlflow/registered-models/set-tag": Call<KeyValue & { name: string }, Nothing, true>;
  /** Removes a tag of a registered model. Repeatable: a missing tag is no error. */
  "DELETE mlflow/registered-models/delete-tag": Call<{ name: string; key: string }, Nothing, true>;
  /** Points an alias to a version. Repeatable: it is pointed there again. */
  "POST mlflow/registered-models/alias": Call<{ name: string; alias: string; version: string }, Nothing, true>;
  /** Removes an alias. Repeatable: a missing alias is no error. */
  "DELETE mlflow/registered-models/alias": Call<{ name: string; alias: string }, Nothing, true>;
  /** Reads the version that an alias points to. Repeatable: it reads. */
  "GET mlflow/registered-models/alias": Call<{ name: string; alias: string }, { model_version: ModelVersion }, true>;
}

export const registeredModelRoutes: Repeatable<RegisteredModelRoutes> = {
  "POST mlflow/registered-models/create": false,
  "GET mlflow/registered-models/get": true,
  "GET mlflow/registered-models/search": true,
  "POST mlflow/registered-models/rename": false,
  "PATCH mlflow/registered-models/update": true,
  "DELETE mlflow/registered-models/delete": false,
  "POST mlflow/registered-models/get-latest-versions": true,
  "GET mlflow/registered-models/get-latest-versions": true,
  "POST mlflow/registered-models/set-tag": true,
  "DELETE mlflow/registered-models/delete-tag": true,
  "POST mlflow/registered-models/alias": true,
  "DELETE mlflow/registered-models/alias": true,
  "GET mlflow/registered-models/alias": true,
};
