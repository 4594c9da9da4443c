import type { Call, Int64, Nothing, Repeatable } from "./call.ts";
import type { KeyValue } from "./entities.ts";

/** How a job is to improve a prompt. */
export interface PromptOptimizationConfig {
  optimizer_type?: "OPTIMIZER_TYPE_GEPA" | "OPTIMIZER_TYPE_METAPROMPT";
  dataset_id?: string;
  /** Names of scorers. */
  scorers?: string[];
  /** JSON text. */
  optimizer_config_json?: string;
}

/** A job that improves a prompt. Times are epoch milliseconds. */
export interface PromptOptimizationJob {
  job_id: string;
  run_id?: string;
  state?: {
    status:
      | "JOB_STATUS_UNSPECIFIED"
      | "JOB_STATUS_PENDING"
      | "JOB_STATUS_IN_PROGRESS"
      | "JOB_STATUS_COMPLETED"
      | "JOB_STATUS_FAILED"
      | "JOB_STATUS_CANCELED"
      | "JOB_STATUS_NEEDS_RECOVERY";
    error_message?: string;
    status_message?: string;
    metadata?: Record<string, string>;
    progress?: { phase?: string; completed?: Int64; total?: Int64; unit?: string };
    progress_updated_at?: number;
  };
  experiment_id?: string;
  source_prompt_uri?: string;
  optimized_prompt_uri?: string;
  config?: PromptOptimizationConfig;
  creation_timestamp_ms?: number;
  completion_timestamp_ms?: number;
  tags?: KeyValue[];
  initial_eval_scores?: Record<string, number>;
  final_eval_scores?: Record<string, number>;
}

type Jobs = Call<{ experiment_id: string }, { jobs?: PromptOptimizationJob[] }, true>;
type Job = { job: PromptOptimizationJob };

/** Jobs that improve prompts: only on a server that runs jobs. */
export interface PromptOptimizationRoutes {
  /** Starts a job. Not to be repeated: each call starts another one. */
  "POST /api/3.0/mlflow/prompt-optimization/jobs": Call<
    {
      experiment_id: string;
      /** `prompts:/name/1`. */
      source_prompt_uri: string;
      config: PromptOptimizationConfig;
      tags?: KeyValue[];
    },
    Job,
    false
  >;
  /** Reads a job. Repeatable: it reads. */
  "GET /api/3.0/mlflow/prompt-optimization/jobs/{job_id}": Call<{ job_id: string }, Job, true>;
  /** Lists the jobs of an experiment. Repeatable: it reads. */
  "POST /api/3.0/mlflow/prompt-optimization/jobs/search": Jobs;
  /** Lists the jobs of an experiment. Repeatable: it reads. */
  "GET /api/3.0/mlflow/prompt-optimization/jobs/search": Jobs;
  /** Stops a job. Not to be repeated: a job that has ended is not stopped. */
  "POST /api/3.0/mlflow/prompt-optimization/jobs/{job_id}/cancel": Call<{ job_id: string }, Job, false>;
  /** Removes a job. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/prompt-optimization/jobs/{job_id}": Call<{ job_id: string }, Nothing, false>;
}

export const promptOptimizationRoutes: Repeatable<PromptOptimizationRoutes> = {
  "POST /api/3.0/mlflow/prompt-optimization/jobs": false,
  "GET /api/3.0/mlflow/prompt-optimization/jobs/{job_id}": true,
  "POST /api/3.0/mlflow/prompt-optimization/jobs/search": true,
  "GET /api/3.0/mlflow/prompt-optimization/jobs/search": true,
  "POST /api/3.0/mlflow/prompt-optimization/jobs/{job_id}/cancel": false,
  "DELETE /api/3.0/mlflow/prompt-optimization/jobs/{job_id}": false,
};
