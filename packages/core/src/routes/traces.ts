import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type { Assessment, AssessmentInput, Trace, TraceInfo, TraceLocation } from "./entities.ts";

/** Traces are recorded by OpenTelemetry's `POST /v1/traces` (see `client.headers`); these routes read and tend them. */
export interface TraceRoutes {
  /** Records the head of a trace. Not to be repeated: it may overwrite what others have added since. */
  "POST /api/3.0/mlflow/traces": Call<{ trace: { trace_info: TraceInfo } }, { trace: Trace }, false>;
  /** Reads a trace without its spans. Repeatable: it reads. */
  "GET /api/3.0/mlflow/traces/{trace_id}": Call<{ trace_id: string }, { trace: Trace }, true>;
  /** Reads a trace with its spans. Repeatable: it reads. */
  "GET /api/3.0/mlflow/traces/get": Call<
    {
      trace_id: string;
      /** Also while spans are still missing. */
      allow_partial?: boolean;
    },
    { trace: Trace },
    true
  >;
  /** Reads several traces with their spans. Repeatable: it reads. */
  "GET /api/3.0/mlflow/traces/batchGet": Call<{ trace_ids: string[] }, { traces?: Trace[] }, true>;
  /** Reads several traces without their spans. Repeatable: it reads. */
  "POST /api/3.0/mlflow/traces/batchGetInfos": Call<{ trace_ids: string[] }, { trace_infos?: TraceInfo[] }, true>;
  /** Lists the traces that fit a filter. Repeatable: it reads. */
  "POST /api/3.0/mlflow/traces/search": Call<
    Page & { locations: TraceLocation[]; filter?: string; order_by?: string[] },
    NextPage & { traces?: TraceInfo[] },
    true
  >;
  /** Removes traces of an experiment: those named, or those before a time. Not to be repeated: it counts what it removed. */
  "POST /api/3.0/mlflow/traces/delete-traces": Call<
    {
      experiment_id: string;
      request_ids?: string[];
      /** Epoch milliseconds. */
      max_timestamp_millis?: number;
      max_traces?: number;
    },
    { traces_deleted: number },
    false
  >;
  /** Sets a tag of a trace. Repeatable: the value is replaced. */
  "PATCH /api/3.0/mlflow/traces/{trace_id}/tags": Call<{ trace_id: string; key: string; value: string }, Nothing, true>;
  /** Removes a tag of a trace. Not to be repeated: the tag is missing then. */
  "DELETE /api/3.0/mlflow/traces/{trace_id}/tags": Call<{ trace_id: string; key: string }, Nothing, false>;
  /** Ties traces to a run. Repeatable: what is tied already is left alone. */
  "POST mlflow/traces/link-to-run": Call<{ trace_ids: string[]; run_id: string }, Nothing, true>;
  /** Ties versions of prompts to a trace. Repeatable: what is tied already is left alone. */
  "POST mlflow/traces/link-prompts": Call<
    { trace_id: string; prompt_versions: { name: string; version: string }[] },
    Nothing,
    true
  >;
  /** Records an assessment of a trace. Not to be repeated: each call makes another one. */
  "POST /api/3.0/mlflow/traces/{trace_id}/assessments": Call<
    { trace_id: string; assessment: AssessmentInput },
    { assessment: Assessment },
    false
  >;
  /** Reads an assessment. Repeatable: it reads. */
  "GET /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": Call<
    { trace_id: string; assessment_id: string },
    { assessment: Assessment },
    true
  >;
  /** Changes an assessment. Repeatable: the values are replaced. */
  "PATCH /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": Call<
    {
      trace_id: string;
      assessment_id: string;
      assessment: Partial<AssessmentInput>;
      /** Which fields, with commas between: `"rationale,feedback"`. */
      update_mask: string;
    },
    { assessment: Assessment },
    true
  >;
  /** Removes an assessment. Repeatable: a missing one is no error. */
  "DELETE /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": Call<
    { trace_id: string; assessment_id: string },
    Nothing,
    true
  >;
}

export const traceRoutes: Repeatable<TraceRoutes> = {
  "POST /api/3.0/mlflow/traces": false,
  "GET /api/3.0/mlflow/traces/{trace_id}": true,
  "GET /api/3.0/mlflow/traces/get": true,
  "GET /api/3.0/mlflow/traces/batchGet": true,
  "POST /api/3.0/mlflow/traces/batchGetInfos": true,
  "POST /api/3.0/mlflow/traces/search": true,
  "POST /api/3.0/mlflow/traces/delete-traces": false,
  "PATCH /api/3.0/mlflow/traces/{trace_id}/tags": true,
  "DELETE /api/3.0/mlflow/traces/{trace_id}/tags": false,
  "POST mlflow/traces/link-to-run": true,
  "POST mlflow/traces/link-prompts": true,
  "POST /api/3.0/mlflow/traces/{trace_id}/assessments": false,
  "GET /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": true,
  "PATCH /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": true,
  "DELETE /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}": true,
};
