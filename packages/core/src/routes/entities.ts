import type { Int64 } from "./call.ts";

/** A name and a text: a tag or a parameter. */
export interface KeyValue {
  key: string;
  value: string;
}

/** Which experiments or runs, by whether they were deleted. */
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** Deleted things stay, hidden, until the server's garbage collection. */
export type LifecycleStage = "active" | "deleted";

/** A named collection of runs. Times are epoch milliseconds. */
export interface Experiment {
  experiment_id: string;
  name: string;
  artifact_location: string;
  lifecycle_stage: LifecycleStage;
  creation_time?: number;
  last_update_time?: number;
  tags?: KeyValue[];
  workspace?: string;
  effective_trace_archival_retention?: string;
}

/** Where a run is in its life. */
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

/** One execution: what it is, what it recorded, what went in and came out. */
export interface Run {
  info: RunInfo;
  data: RunData;
  inputs?: RunInputs;
  outputs?: RunOutputs;
}

/** Times are epoch milliseconds. */
export interface RunInfo {
  run_id: string;
  run_name: string;
  experiment_id: string;
  user_id: string;
  status: RunStatus;
  start_time: number;
  end_time?: number;
  artifact_uri: string;
  lifecycle_stage: LifecycleStage;
  /** Former name of `run_id`. */
  run_uuid: string;
}

/** The latest value of each metric, the parameters and the tags. An empty list is absent. */
export interface RunData {
  metrics?: Metric[];
  params?: KeyValue[];
  tags?: KeyValue[];
}

/** One measurement. */
export interface Metric {
  key: string;
  /** A server on a SQL database keeps ±Infinity as ±1.7976931348623157e308. */
  value: number;
  /** Epoch milliseconds. */
  timestamp: Int64;
  step: Int64;
  model_id?: string;
  dataset_name?: string;
  dataset_digest?: string;
  run_id?: string;
}

/** A measurement to record. */
export interface MetricInput {
  key: string;
  value: number;
  /** Epoch milliseconds. */
  timestamp: Int64;
  /** Default 0. */
  step?: Int64;
  model_id?: string;
  dataset_name?: string;
  dataset_digest?: string;
}

export interface RunInputs {
  dataset_inputs?: DatasetInput[];
  model_inputs?: ModelInput[];
}

export interface RunOutputs {
  model_outputs?: ModelOutput[];
}

/** A data set that a run has used. */
export interface DatasetInput {
  tags?: KeyValue[];
  dataset: Dataset;
}

/** A data set by name and digest; `source`, `schema` and `profile` are JSON texts. */
export interface Dataset {
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema?: string;
  profile?: string;
}

/** A logged model that a run has used. */
export interface ModelInput {
  model_id: string;
}

/** A logged model that a run has made. */
export interface ModelOutput {
  model_id: string;
  step: Int64;
}

/** A file or folder of artifacts. */
export interface FileInfo {
  path: string;
  is_dir: boolean;
  /** Bytes. Absent for a folder. */
  file_size?: Int64;
}

/** Where a logged model is in its life. */
export type LoggedModelStatus =
  | "LOGGED_MODEL_STATUS_UNSPECIFIED"
  | "LOGGED_MODEL_PENDING"
  | "LOGGED_MODEL_READY"
  | "LOGGED_MODEL_UPLOAD_FAILED";

/** A model that was recorded with its parameters and metrics, registered or not. */
export interface LoggedModel {
  info: LoggedModelInfo;
  data?: LoggedModelData;
}

/** Times are epoch milliseconds. */
export interface LoggedModelInfo {
  model_id: string;
  experiment_id: string;
  name: string;
  creation_timestamp_ms: number;
  last_updated_timestamp_ms: number;
  artifact_uri: string;
  status: LoggedModelStatus;
  creator_id?: Int64;
  model_type?: string;
  source_run_id?: string;
  status_message?: string;
  tags?: KeyValue[];
  registrations?: { name: string; version: string }[];
}

export interface LoggedModelData {
  params?: KeyValue[];
  metrics?: Metric[];
}

/** A name in the registry, under which versions are kept. Times are epoch milliseconds. */
export interface RegisteredModel {
  name: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  user_id?: string;
  description?: string;
  latest_versions?: ModelVersion[];
  tags?: KeyValue[];
  aliases?: ModelAlias[];
  deployment_job_id?: string;
  deployment_job_state?: string;
}

export interface ModelAlias {
  alias: string;
  version: string;
}

/** Whether a version can be used yet. */
export type ModelVersionStatus = "PENDING_REGISTRATION" | "FAILED_REGISTRATION" | "READY";

/** One version of a registered model. Times are epoch milliseconds. */
export interface ModelVersion {
  name: string;
  /** A number in a string: `"1"`. */
  version: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  user_id?: string;
  current_stage: string;
  description?: string;
  /** Where its files are. */
  source?: string;
  run_id?: string;
  run_link?: string;
  model_id?: string;
  status: ModelVersionStatus;
  status_message?: string;
  tags?: KeyValue[];
  aliases?: string[];
  model_params?: { name: string; value: string }[];
  model_metrics?: Metric[];
}

/** A judge of traces, in one version. */
export interface Scorer {
  /** Unlike everywhere else, a number. */
  experiment_id: number;
  scorer_name: string;
  scorer_version: number;
  /** JSON text. */
  serialized_scorer: string;
  /** Epoch milliseconds. */
  creation_time: number;
  scorer_id: string;
}

/** What a webhook can be told about. */
export interface WebhookEvent {
  entity:
    | "REGISTERED_MODEL"
    | "MODEL_VERSION"
    | "MODEL_VERSION_TAG"
    | "MODEL_VERSION_ALIAS"
    | "PROMPT"
    | "PROMPT_VERSION"
    | "PROMPT_TAG"
    | "PROMPT_VERSION_TAG"
    | "PROMPT_ALIAS"
    | "BUDGET_POLICY";
  action: "CREATED" | "UPDATED" | "DELETED" | "SET" | "EXCEEDED";
}

export type WebhookStatus = "ACTIVE" | "DISABLED";

/** An address that the server calls when something happens. Times are epoch milliseconds. */
export interface Webhook {
  webhook_id: string;
  name: string;
  description?: string;
  url: string;
  events: WebhookEvent[];
  status: WebhookStatus;
  creation_timestamp: number;
  last_updated_timestamp: number;
}

/** A user of the server's basic-auth app. */
export interface User {
  id: number;
  username: string;
  is_admin: boolean;
}

/** What someone may do with a resource of the server's basic-auth app. */
export type Permission = "READ" | "USE" | "EDIT" | "MANAGE" | "DENY" | "NO_PERMISSIONS";

/** A set of permissions that users can be given. */
export interface Role {
  id: number;
  name: string;
  workspace: string;
  description: string | null;
  permissions: RolePermission[];
}

export interface RolePermission {
  id: number;
  role_id: number;
  resource_type: string;
  /** A resource's id or name, or `*`. */
  resource_pattern: string;
  permission: Permission;
}

export interface RoleAssignment {
  id: number;
  user_id: number;
  role_id: number;
}

/** One permission of a user, and the role it comes from. */
export interface UserPermission {
  role_id: number;
  role_name: string;
  workspace: string;
  resource_type: string;
  resource_pattern: string;
  permission: Permission;
}

/** Any JSON value. */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** How a traced request ended. */
export type TraceState = "STATE_UNSPECIFIED" | "OK" | "ERROR" | "IN_PROGRESS";

/** Where traces are kept; on an MLflow server, an experiment. */
export interface TraceLocation {
  type: "MLFLOW_EXPERIMENT";
  mlflow_experiment: { experiment_id: string };
}

/** A traced request without its spans. */
export interface TraceInfo {
  trace_id: string;
  client_request_id?: string;
  trace_location: TraceLocation;
  request_preview?: string;
  response_preview?: string;
  /** RFC 3339. */
  request_time: string;
  /** Seconds with a unit: `"1.5s"`. */
  execution_duration?: string;
  state: TraceState;
  trace_metadata?: Record<string, string>;
  tags?: Record<string, string>;
  assessments?: Assessment[];
}

/** A traced request with its spans, in OpenTelemetry's JSON, where the server keeps them. */
export interface Trace {
  trace_info: TraceInfo;
  spans?: Span[];
}

/** One step of a traced request. The ids are base64. */
export interface Span {
  trace_id: string;
  span_id: string;
  trace_state?: string;
  parent_span_id?: string;
  name: string;
  kind?: string;
  start_time_unix_nano: Int64;
  end_time_unix_nano?: Int64;
  attributes?: SpanAttribute[];
  events?: { time_unix_nano?: Int64; name?: string; attributes?: SpanAttribute[] }[];
  links?: { trace_id?: string; span_id?: string; attributes?: SpanAttribute[] }[];
  status?: { message?: string; code?: "STATUS_CODE_UNSET" | "STATUS_CODE_OK" | "STATUS_CODE_ERROR" };
}

export interface SpanAttribute {
  key: string;
  value?: SpanValue;
}

/** One of its fields is set. */
export interface SpanValue {
  string_value?: string;
  bool_value?: boolean;
  int_value?: Int64;
  double_value?: number;
  array_value?: { values?: SpanValue[] };
  kvlist_value?: { values?: SpanAttribute[] };
  bytes_value?: string;
}

/** What someone or something thinks of a trace: one of `feedback`, `expectation` and `issue`. */
export interface Assessment extends AssessmentInput {
  assessment_id: string;
  trace_id: string;
  /** RFC 3339. */
  create_time: string;
  /** RFC 3339. */
  last_update_time: string;
  valid?: boolean;
  /** The assessment that this one replaces. */
  overrides?: string;
}

/** An assessment to record. */
export interface AssessmentInput {
  assessment_name: string;
  span_id?: string;
  source?: { source_type: "HUMAN" | "LLM_JUDGE" | "CODE"; source_id: string };
  feedback?: { value?: JsonValue; error?: AssessmentFailure };
  expectation?: { value?: JsonValue; serialized_value?: { serialization_format: string; value: string } };
  issue?: { issue_name: string };
  rationale?: string;
  metadata?: Record<string, string>;
}

export interface AssessmentFailure {
  error_code?: string;
  error_message?: string;
  stack_trace?: string;
}
