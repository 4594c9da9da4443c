import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type { Experiment, KeyValue, ViewType } from "./entities.ts";

/** Selects experiments. */
export interface SearchExperiments extends Page {
  /** Like SQL: `name LIKE 'test-%' AND tags.owner = 'me'`. */
  filter?: string;
  /** `["name ASC"]`. */
  order_by?: string[];
  /** Default `ACTIVE_ONLY`. */
  view_type?: ViewType;
}

type Found = NextPage & { experiments?: Experiment[] };

export interface ExperimentRoutes {
  /** Makes an experiment. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST mlflow/experiments/create": Call<
    { name: string; artifact_location?: string; tags?: KeyValue[] },
    { experiment_id: string },
    false
  >;
  /** Lists the experiments that fit a filter. Repeatable: it reads. */
  "POST mlflow/experiments/search": Call<SearchExperiments, Found, true>;
  /** Lists the experiments that fit a filter. Repeatable: it reads. */
  "GET mlflow/experiments/search": Call<SearchExperiments, Found, true>;
  /** Reads an experiment, also a deleted one. Repeatable: it reads. */
  "GET mlflow/experiments/get": Call<{ experiment_id: string }, { experiment: Experiment }, true>;
  /** Reads an experiment by name, an active one before a deleted one. Repeatable: it reads. */
  "GET mlflow/experiments/get-by-name": Call<{ experiment_name: string }, { experiment: Experiment }, true>;
  /** Hides an experiment and its runs. Not to be repeated: a hidden experiment is not found. */
  "POST mlflow/experiments/delete": Call<{ experiment_id: string }, Nothing, false>;
  /** Brings a deleted experiment back. Not to be repeated: an active experiment is not found among the deleted. */
  "POST mlflow/experiments/restore": Call<{ experiment_id: string }, Nothing, false>;
  /** Renames an experiment. Repeatable: the name is set, and may be what it was. */
  "POST mlflow/experiments/update": Call<{ experiment_id: string; new_name: string }, Nothing, true>;
  /** Sets a tag of an experiment. Repeatable: the value is replaced. */
  "POST mlflow/experiments/set-experiment-tag": Call<
    { experiment_id: string; key: string; value: string },
    Nothing,
    true
  >;
  /** Removes a tag of an experiment. Not to be repeated: the tag is missing then. */
  "POST mlflow/experiments/delete-experiment-tag": Call<{ experiment_id: string; key: string }, Nothing, false>;
}

export const experimentRoutes: Repeatable<ExperimentRoutes> = {
  "POST mlflow/experiments/create": false,
  "POST mlflow/experiments/search": true,
  "GET mlflow/experiments/search": true,
  "GET mlflow/experiments/get": true,
  "GET mlflow/experiments/get-by-name": true,
  "POST mlflow/experiments/delete": false,
  "POST mlflow/experiments/restore": false,
  "POST mlflow/experiments/update": true,
  "POST mlflow/experiments/set-experiment-tag": true,
  "POST mlflow/experiments/delete-experiment-tag": false,
};
