import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type {
  DatasetInput,
  KeyValue,
  Metric,
  MetricInput,
  ModelInput,
  ModelOutput,
  Run,
  RunInfo,
  RunStatus,
  ViewType,
} from "./entities.ts";

export interface RunRoutes {
  /** Starts a run. Not to be repeated: each call makes another run. */
  "POST mlflow/runs/create": Call<
    {
      experiment_id: string;
      /** Default: the name in the tag `mlflow.runName`, else one the server makes up. */
      run_name?: string;
      /** Epoch milliseconds. Default 0: the server does not look at its clock. */
      start_time?: number;
      tags?: KeyValue[];
      user_id?: string;
    },
    { run: Run },
    false
  >;
  /** Changes status, end and name of a run. Repeatable: the values are replaced. */
  "POST mlflow/runs/update": Call<
    {
      run_id: string;
      status?: RunStatus;
      /** Epoch milliseconds. */
      end_time?: number;
      run_name?: string;
    },
    { run_info: RunInfo },
    true
  >;
  /** Hides a run. Repeatable: a hidden run is hidden again. */
  "POST mlflow/runs/delete": Call<{ run_id: string }, Nothing, true>;
  /** Brings a deleted run back. Repeatable: an active run stays active. */
  "POST mlflow/runs/restore": Call<{ run_id: string }, Nothing, true>;
  /** Reads a run with the latest value of each metric. Repeatable: it reads. */
  "GET mlflow/runs/get": Call<{ run_id: string }, { run: Run }, true>;
  /** Lists the runs of experiments that fit a filter. Repeatable: it reads. */
  "POST mlflow/runs/search": Call<
    Page & {
      experiment_ids: string[];
      /** Like SQL: `metrics.loss < 1 AND params.layers = '3'`. */
      filter?: string;
      /** `["metrics.loss DESC"]`. */
      order_by?: string[];
      /** Default `ACTIVE_ONLY`. */
      run_view_type?: ViewType;
    },
    NextPage & { runs?: Run[] },
    true
  >;
  /** Records one value of a metric. Not to be repeated: not every server tells a copy from a second value. */
  "POST mlflow/runs/log-metric": Call<MetricInput & { run_id: string }, Nothing, false>;
  /** Records a parameter. Repeatable: the same value is accepted again, another one is refused. */
  "POST mlflow/runs/log-parameter": Call<KeyValue & { run_id: string }, Nothing, true>;
  /** Records metrics, parameters and tags, all or none: at most 1000, and 1000, 100 and 100 of each. Not to be repeated: as with one metric. */
  "POST mlflow/runs/log-batch": Call<
    { run_id: string; metrics?: MetricInput[]; params?: KeyValue[]; tags?: KeyValue[] },
    Nothing,
    false
  >;
  /** Records what is in an `MLmodel` file. Not to be repeated: each call adds an entry to the run's history. */
  "POST mlflow/runs/log-model": Call<
    {
      run_id: string;
      /** The file as JSON text, at least `artifact_path`, `flavors`, `utc_time_created` and `run_id`. */
      model_json: string;
    },
    Nothing,
    false
  >;
  /** Records which data sets and models a run has used. Repeatable: what is known already is left alone. */
  "POST mlflow/runs/log-inputs": Call<
    { run_id: string; datasets?: DatasetInput[]; models?: ModelInput[] },
    Nothing,
    true
  >;
  /** Records which models a run has made. Not to be repeated: what is known already is an error. */
  "POST mlflow/runs/outputs": Call<{ run_id: string; models: ModelOutput[] }, Nothing, false>;
  /** Sets a tag of a run. Repeatable: the value is replaced. */
  "POST mlflow/runs/set-tag": Call<KeyValue & { run_id: string }, Nothing, true>;
  /** Removes a tag of a run. Not to be repeated: the tag is missing then. */
  "POST mlflow/runs/delete-tag": Call<{ run_id: string; key: string }, Nothing, false>;
  /** Lists all values of a metric of a run. Repeatable: it reads. */
  "GET mlflow/metrics/get-history": Call<
    Page & { run_id: string; metric_key: string },
    NextPage & { metrics?: Metric[] },
    true
  >;
  /** Lists values of a metric of up to 100 runs, thinned out evenly. Repeatable: it reads. */
  "GET mlflow/metrics/get-history-bulk-interval": Call<
    {
      run_ids: string[];
      metric_key: string;
      start_step?: number;
      end_step?: number;
      /** For each run. */
      max_results?: number;
    },
    { metrics?: (Metric & { run_id: string })[] },
    true
  >;
}

export const runRoutes: Repeatable<RunRoutes> = {
  "POST mlflow/runs/create": false,
  "POST mlflow/runs/update": true,
  "POST mlflow/runs/delete": true,
  "POST mlflow/runs/restore": true,
  "GET mlflow/runs/get": true,
  "POST mlflow/runs/search": true,
  "POST mlflow/runs/log-metric": false,
  "POST mlflow/runs/log-parameter": true,
  "POST mlflow/runs/log-batch": false,
  "POST mlflow/runs/log-model": false,
  "POST mlflow/runs/log-inputs": true,
  "POST mlflow/runs/outputs": false,
  "POST mlflow/runs/set-tag": true,
  "POST mlflow/runs/delete-tag": false,
  "GET mlflow/metrics/get-history": true,
  "GET mlflow/metrics/get-history-bulk-interval": true,
};
