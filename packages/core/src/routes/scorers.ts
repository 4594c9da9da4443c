import type { Call, Nothing, Repeatable } from "./call.ts";
import type { Scorer } from "./entities.ts";

export interface ScorerRoutes {
  /** Registers a version of a scorer. Not to be repeated: each call makes another version. */
  "POST /api/3.0/mlflow/scorers/register": Call<
    {
      experiment_id: string;
      name: string;
      /** JSON text. */
      serialized_scorer: string;
    },
    {
      version: number;
      scorer_id: string;
      experiment_id: string;
      name: string;
      serialized_scorer: string;
      /** Epoch milliseconds. */
      creation_time: number;
    },
    false
  >;
  /** Lists the newest version of each scorer of experiments. Repeatable: it reads. */
  "GET /api/3.0/mlflow/scorers/list": Call<
    { experiment_id?: string; experiment_ids?: string[] },
    { scorers?: Scorer[] },
    true
  >;
  /** Lists the versions of a scorer. Repeatable: it reads. */
  "GET /api/3.0/mlflow/scorers/versions": Call<{ experiment_id: string; name: string }, { scorers?: Scorer[] }, true>;
  /** Reads a scorer. Repeatable: it reads. */
  "GET /api/3.0/mlflow/scorers/get": Call<
    {
      experiment_id: string;
      name: string;
      /** Default: the newest. */
      version?: number;
    },
    { scorer: Scorer },
    true
  >;
  /** Removes one or all versions of a scorer. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/scorers/delete": Call<
    {
      experiment_id: string;
      name: string;
      /** Default: all. */
      version?: number;
    },
    Nothing,
    false
  >;
}

export const scorerRoutes: Repeatable<ScorerRoutes> = {
  "POST /api/3.0/mlflow/scorers/register": false,
  "GET /api/3.0/mlflow/scorers/list": true,
  "GET /api/3.0/mlflow/scorers/versions": true,
  "GET /api/3.0/mlflow/scorers/get": true,
  "DELETE /api/3.0/mlflow/scorers/delete": false,
};
