import { Fault, invalid } from "./fault.ts";
import { checkExperimentName, checkExperimentTag, checkLocation } from "./limits.ts";
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
import { addExperiment, type Experiment, findActiveExperiment, findExperiment, type State } from "./store.ts";

const id = { experiment_id: ["required", "string"] } as const;

const search = route(
  {
    max_results: "int64",
    page_token: "string",
    filter: "string",
    order_by: { list: "string" },
    view_type: { names: viewTypes },
  },
  {
    view_type: ["integer"],
    max_results: ["integer"],
    order_by: ["list"],
    filter: ["string"],
    page_token: ["string"],
  },
  (state, { max_results = 0n, page_token, filter, order_by = [], view_type }) => {
    checkPageSize(max_results);
    refuseFilter(filter);
    const clauses = order_by.length > 0 ? order_by : ["creation_time DESC", "experiment_id ASC"];
    const tieBreaker: Order<Experiment> = { value: (experiment) => experiment.id, descending: true };
    const found = Array.from(state.experiments.values()).filter(({ stage }) => isInView(stage, view_type));
    const { items, ...more } = page(sort(found, [...clauses.map(order), tieBreaker]), max_results, page_token);
    return { ...(items.length > 0 && { experiments: items.map(show) }), ...more };
  },
);

/** Below `/api/2.0/mlflow/`. */
export const experimentRoutes: Readonly<Record<string, Route>> = {
  "POST experiments/create": route(
    { name: "string", artifact_location: "string", tags: keyValues },
    { name: ["required", "string"], artifact_location: ["string"], tags: ["list"] },
    (state, { name = "", artifact_location = "", tags = [] }) => {
      checkLocation(artifact_location);
      checkExperimentName(name);
      const all = tags.map(complete);
      all.forEach(checkExperimentTag);
      const byKey = new Map(all.map(({ key, value }) => [key, value]));
      if (byName(state, name) || byKey.size < all.length) {
        throw new Fault("RESOURCE_ALREADY_EXISTS", `Experiment(name=${name}) already exists.`);
      }
      const experiment = addExperiment(state, name, artifact_location);
      for (const [key, value] of byKey) experiment.tags.set(key, value);
      return { experiment_id: String(experiment.id) };
    },
  ),
  "POST experiments/search": search,
  "GET experiments/search": search,
  "GET experiments/get": route({ experiment_id: "string" }, id, (state, { experiment_id = "" }) => ({
    experiment: show(findExperiment(state, experiment_id)),
  })),
  "GET experiments/get-by-name": route(
    { experiment_name: "string" },
    { experiment_name: ["required", "string"] },
    (state, { experiment_name = "" }) => {
      const experiment = byName(state, experiment_name);
      if (experiment) return { experiment: show(experiment) };
      throw new Fault("RESOURCE_DOES_NOT_EXIST", `Could not find experiment with name '${experiment_name}'`);
    },
  ),
  "POST experiments/delete": route({ experiment_id: "string" }, id, (state, { experiment_id = "" }) => {
    move(state, findExperiment(state, experiment_id, "active"), "deleted");
  }),
  "POST experiments/restore": route({ experiment_id: "string" }, id, (state, { experiment_id = "" }) => {
    move(state, findExperiment(state, experiment_id, "deleted"), "active");
  }),
  "POST experiments/update": route(
    { experiment_id: "string", new_name: "string" },
    { ...id, new_name: ["string", "required"] },
    (state, { experiment_id = "", new_name = "" }) => {
      checkExperimentName(new_name);
      const experiment = findExperiment(state, experiment_id);
      if (experiment.stage !== "active") throw new Fault("INVALID_STATE", "Cannot rename a non-active experiment.");
      if ((byName(state, new_name) ?? experiment) !== experiment) {
        throw new Fault(
          "BAD_REQUEST",
          "(sqlite3.IntegrityError) UNIQUE constraint failed: experiments.workspace, experiments.name",
        );
      }
      experiment.name = new_name;
      experiment.updated = state.now();
    },
  ),
  "POST experiments/set-experiment-tag": route(
    { experiment_id: "string", key: "string", value: "string" },
    { ...id, key: ["required", "string"], value: ["string"] },
    (state, { experiment_id = "", ...tag }) => {
      const { key, value } = complete(tag);
      checkExperimentTag({ key, value });
      findActiveExperiment(state, experiment_id).tags.set(key, value);
    },
  ),
  "POST experiments/delete-experiment-tag": route(
    { experiment_id: "string", key: "string" },
    { ...id, key: ["required", "string"] },
    (state, { experiment_id = "", key = "" }) => {
      if (findActiveExperiment(state, experiment_id).tags.delete(key)) return;
      throw new Fault("RESOURCE_DOES_NOT_EXIST", `No tag with name: ${key} in experiment with id ${experiment_id}`);
    },
  ),
};

/** Names are unique among all experiments, deleted ones included. */
function byName(state: State, name: string): Experiment | undefined {
  for (const experiment of state.experiments.values()) if (experiment.name === name) return experiment;
  return undefined;
}

/** An experiment takes its runs along. */
function move(state: State, experiment: Experiment, stage: Experiment["stage"]): void {
  experiment.stage = stage;
  experiment.updated = state.now();
  for (const run of state.runs.values()) if (run.experiment === experiment) run.stage = stage;
}

const attributes = {
  name: ({ name }) => name,
  experiment_id: (experiment) => experiment.id,
  creation_time: ({ created }) => created,
  last_update_time: ({ updated }) => updated,
} satisfies Record<string, Order<Experiment>["value"]>;

function order(clause: string): Order<Experiment> {
  const { entity = "attribute", key, descending } = readOrder(clause);
  if (!/^(?:attribute|tag)s?$/.test(entity)) {
    throw invalid(`Invalid entity type '${entity}'. Valid entity types are ('attribute', 'attributes', 'tag', 'tags')`);
  }
  if (entity.startsWith("tag")) throw invalid("Invalid order_by entity: tag");
  const names = Object.keys(attributes) as (keyof typeof attributes)[];
  return { value: attributes[attribute(key, names)], descending };
}

function show(experiment: Experiment): object {
  return {
    experiment_id: String(experiment.id),
    name: experiment.name,
    artifact_location: experiment.location,
    lifecycle_stage: experiment.stage,
    last_update_time: experiment.updated,
    creation_time: experiment.created,
    ...list("tags", experiment.tags),
    workspace: "default",
  };
}
