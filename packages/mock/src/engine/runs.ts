import { badValue, required } from "./checks.ts";
import { Fault, invalid } from "./fault.ts";
import { checkBatch, checkMetric, checkParam, checkTag, type KeyValue } from "./limits.ts";
import { addPoint, showPoint } from "./metrics.ts";
import { dumps, repr } from "./python.ts";
import { complete, keyValues, list, type Route, route } from "./route.ts";
import {
  attribute,
  checkPageSize,
  isInView,
  type Order,
  page,
  readOrder,
  refuseFilter,
  sort,
  viewTypes,
} from "./search.ts";
import {
  experimentId,
  findActiveExperiment,
  findActiveRun,
  findRun,
  type Point,
  type Run,
  runStatuses,
  type State,
} from "./store.ts";

const runId = { run_id: "string", run_uuid: "string" } as const;
const needsRun = { run_id: ["required", "string"] } as const;
const runName = "mlflow.runName";

const metricFields = {
  key: "string",
  value: "double",
  timestamp: "int64",
  step: "int64",
  model_id: "string",
  dataset_name: "string",
  dataset_digest: "string",
} as const;

/** Below `/api/2.0/mlflow/`. */
export const runRoutes: Readonly<Record<string, Route>> = {
  "POST runs/create": route(
    { experiment_id: "string", user_id: "string", run_name: "string", start_time: "int64", tags: keyValues },
    { experiment_id: ["string"], start_time: ["integer"], run_name: ["string"] },
    (state, { experiment_id = "", user_id = "", run_name = "", start_time = 0n, tags = [] }) => {
      const experiment = findActiveExperiment(state, experiment_id || "0");
      const all = tags.map(complete);
      const byKey = new Map(all.map(({ key, value }) => [key, value]));
      const tagged = byKey.get(runName) ?? "";
      if (run_name && tagged && run_name !== tagged) {
        throw invalid(
          `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${run_name}', mlflow.runName='${tagged}').`,
        );
      }
      if (experiment_id === "")
        throw new Fault("BAD_REQUEST", "(sqlite3.IntegrityError) FOREIGN KEY constraint failed");
      if (byKey.size < all.length) {
        throw new Fault("BAD_REQUEST", "(sqlite3.IntegrityError) UNIQUE constraint failed: tags.key, tags.run_uuid");
      }
      const run: Run = {
        id: crypto.randomUUID().replaceAll("-", ""),
        experiment,
        name: run_name || tagged || inventName(),
        user: user_id,
        status: "RUNNING",
        start: start_time,
        end: undefined,
        stage: "active",
        params: new Map(),
        tags: byKey,
        metrics: new Map(),
      };
      if (!tagged) run.tags.set(runName, run.name);
      state.runs.set(run.id, run);
      return { run: { ...show(run), outputs: undefined } };
    },
  ),
  "GET runs/get": route(runId, needsRun, (state, request) => ({ run: show(findRun(state, idOf(request))) })),
  "POST runs/update": route(
    { ...runId, status: { names: runStatuses }, end_time: "int64", run_name: "string" },
    { ...needsRun, end_time: ["integer"], status: ["string"], run_name: ["string"] },
    (state, { status, end_time, run_name, ...request }) => {
      const run = findActiveRun(state, idOf(request));
      run.status = status ?? run.status;
      if (end_time !== undefined) run.end = end_time || undefined;
      rename(run, run_name);
      return { run_info: showInfo(run) };
    },
  ),
  "POST runs/delete": route({ run_id: "string" }, needsRun, (state, request) => {
    findRun(state, idOf(request)).stage = "deleted";
  }),
  "POST runs/restore": route({ run_id: "string" }, needsRun, (state, request) => {
    findRun(state, idOf(request)).stage = "active";
  }),
  "POST runs/search": route(
    {
      experiment_ids: { list: "string" },
      filter: "string",
      run_view_type: { names: viewTypes },
      max_results: "int32",
      order_by: { list: "string" },
      page_token: "string",
    },
    {
      experiment_ids: ["list"],
      filter: ["string"],
      max_results: [
        "integer",
        (value) => {
          if (Number(value) > 50_000) throw badValue("max_results", value);
        },
      ],
      order_by: ["list", "strings"],
    },
    (state, { experiment_ids = [], filter, run_view_type, max_results = 1000n, order_by = [], page_token }) => {
      checkPageSize(max_results);
      refuseFilter(filter);
      const orders = [...order_by.map(order), newestFirst, byId];
      const ids = new Set(experiment_ids.map(experimentId));
      const found = Array.from(state.runs.values()).filter(
        (run) => ids.has(run.experiment.id) && isInView(run.stage, run_view_type),
      );
      const { items, ...more } = page(sort(found, orders), max_results, page_token);
      return { ...(items.length > 0 && { runs: items.map(show) }), ...more };
    },
  ),
  "POST runs/log-metric": route(
    { ...runId, ...metricFields },
    {
      ...needsRun,
      key: ["required", "string"],
      value: ["required", "number"],
      timestamp: ["integer", "required"],
      step: ["integer"],
    },
    (state, request) => {
      const point = toPoint(request);
      checkMetric(point);
      addPoint(findActiveRun(state, idOf(request)), point);
    },
  ),
  "POST runs/log-parameter": route(
    { ...runId, key: "string", value: "string" },
    { ...needsRun, key: ["required", "string"], value: ["string"] },
    (state, request) => {
      const { key, value } = checkParam(complete(request));
      const id = idOf(request);
      const { params } = findActiveRun(state, id);
      const old = params.get(key);
      if (old !== undefined && old !== value) {
        throw invalid(
          `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for run ID='${id}'. Attempted logging new value '${value}'.`,
        );
      }
      params.set(key, value);
    },
  ),
  "POST runs/log-batch": route(
    { run_id: "string", metrics: { list: { fields: metricFields } }, params: keyValues, tags: keyValues },
    {
      run_id: ["string", "required"],
      metrics: ["list", each("metrics", ["key", "value", "timestamp"])],
      params: ["list", each("params", ["key"])],
      tags: ["list", each("tags", ["key"])],
    },
    (state, { run_id = "", metrics = [], params = [], tags = [] }) =>
      logBatch(state, run_id, metrics.map(toPoint), params.map(complete), tags.map(complete)),
  ),
  "POST runs/set-tag": route(
    { ...runId, key: "string", value: "string" },
    { ...needsRun, key: ["required", "string"], value: ["string"] },
    (state, request) => {
      const tag = checkTag(complete(request));
      setTag(findActiveRun(state, idOf(request)), tag);
    },
  ),
  "POST runs/delete-tag": route(
    { run_id: "string", key: "string" },
    { ...needsRun, key: ["required", "string"] },
    (state, { key = "", ...request }) => {
      const run = findActiveRun(state, idOf(request));
      if (!run.tags.delete(key)) {
        throw new Fault("RESOURCE_DOES_NOT_EXIST", `No tag with name: ${key} in run with id ${run.id}`);
      }
    },
  ),
};

/** `run_uuid` is the former name of `run_id`. */
function idOf({ run_id, run_uuid = "" }: { run_id?: string; run_uuid?: string }): string {
  return run_id || run_uuid;
}

function toPoint(metric: Partial<Point>): Point {
  const { key = "", value = 0, timestamp = 0n, step = 0n } = metric;
  return { key, value, timestamp, step };
}

/** All or nothing: whatever can be refused is refused before the first write. */
function logBatch(state: State, id: string, metrics: Point[], params: KeyValue[], tags: KeyValue[]): void {
  if (!/^[a-z\d][\p{L}\p{N}_-]{0,255}$/iu.test(id)) {
    throw invalid(`Invalid value ${dumps(id)} for parameter 'run_id' supplied.`);
  }
  for (const [index, metric] of metrics.entries()) checkMetric(metric, `metrics[${index}]`);
  const checkedParams = params.map((param, index) => checkParam(param, `params[${index}]`));
  const checkedTags = tags.map((tag, index) => checkTag(tag, `tags[${index}]`));
  checkBatch(metrics.length, params.length, tags.length);
  const keys = params.map(({ key }) => key);
  const repeated = keys.filter((key, index) => keys.indexOf(key) < index);
  if (repeated.length > 0) {
    throw invalid(
      `Duplicate parameter keys have been submitted: ${repr(repeated)}. Please ensure the request contains only one param value per param key.`,
    );
  }
  const run = findActiveRun(state, id);
  const changed = checkedParams.flatMap(({ key, value }) => {
    const old = run.params.get(key) ?? value;
    return old === value ? [] : [{ key, old_value: old, new_value: value }];
  });
  if (changed.length > 0) {
    throw invalid(
      `Changing param values is not allowed. Params were already logged='${repr(changed)}' for run ID='${id}'.`,
    );
  }
  for (const { key, value } of checkedParams) run.params.set(key, value);
  for (const metric of metrics) addPoint(run, metric);
  for (const tag of checkedTags) setTag(run, tag);
}

/** The check that each entry of a list has its fields. */
function each(name: string, fields: readonly string[]): (value: unknown) => void {
  return (value) => {
    if (!Array.isArray(value)) return;
    value.forEach((item, index) => {
      for (const field of fields) required(item?.[field], `${name}[${index}].${field}`);
    });
  };
}

function setTag(run: Run, { key, value }: KeyValue): void {
  if (key === runName) rename(run, value);
  else run.tags.set(key, value);
}

/** A run's name is a tag, too. An empty one changes nothing. */
function rename(run: Run, name: string | undefined): void {
  if (!name) return;
  run.name = name;
  run.tags.set(runName, name);
}

const newestFirst: Order<Run> = { value: (run) => run.start, descending: true };
const byId: Order<Run> = { value: (run) => run.id, descending: false };

const attributes = {
  start_time: (run) => run.start,
  end_time: (run) => run.end,
  run_id: (run) => run.id,
  run_name: (run) => run.name,
  status: (run) => run.status,
  user_id: (run) => run.user,
  artifact_uri: artifactUri,
  created: (run) => run.start,
  Created: (run) => run.start,
} satisfies Record<string, Order<Run>["value"]>;

function order(clause: string): Order<Run> {
  const { entity = "attribute", key, descending } = readOrder(clause);
  switch (entity) {
    case "attribute":
    case "attributes":
    case "attr":
    case "run":
      return { value: attributes[attribute(key, Object.keys(attributes) as (keyof typeof attributes)[])], descending };
    case "metric":
    case "metrics":
      return { value: (run) => run.metrics.get(key)?.latest.value, descending };
    case "param":
    case "params":
    case "parameter":
    case "parameters":
      return { value: (run) => run.params.get(key), descending };
    case "tag":
    case "tags":
      return { value: (run) => run.tags.get(key), descending };
    default:
      throw invalid(
        `Invalid entity type '${entity}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
      );
  }
}

function artifactUri(run: Run): string {
  return `${run.experiment.location.replace(/\/$/, "")}/${run.id}/artifacts`;
}

function show(run: Run): object {
  const metrics = Array.from(run.metrics.values(), ({ latest }) => showPoint(latest));
  return {
    info: showInfo(run),
    data: { ...(metrics.length > 0 && { metrics }), ...list("params", run.params), ...list("tags", run.tags) },
    inputs: {},
    outputs: {},
  };
}

function showInfo(run: Run): object {
  return {
    run_uuid: run.id,
    experiment_id: String(run.experiment.id),
    run_name: run.name,
    user_id: run.user,
    status: run.status,
    start_time: run.start,
    end_time: run.end,
    artifact_uri: artifactUri(run),
    lifecycle_stage: run.stage,
    run_id: run.id,
  };
}

/** A name in MLflow's manner, such as `quiet-otter-417`. */
function inventName(): string {
  const adjectives = ["brave", "calm", "deft", "eager", "fair", "keen", "merry", "quiet", "swift", "warm"];
  const animals = ["crane", "finch", "heron", "ibex", "lynx", "marten", "otter", "raven", "stoat", "wren"];
  const pick = (words: readonly string[]) => words[Math.floor(Math.random() * words.length)];
  return `${pick(adjectives)}-${pick(animals)}-${Math.floor(Math.random() * 1000)}`;
}
