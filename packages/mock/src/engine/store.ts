import { Fault, invalid } from "./fault.ts";

/** Deleted things stay, hidden, as on a server whose garbage is not collected. */
export type Stage = "active" | "deleted";

/** Times are epoch milliseconds. */
export interface Experiment {
  readonly id: bigint;
  name: string;
  readonly location: string;
  stage: Stage;
  readonly created: bigint;
  updated: bigint;
  readonly tags: Map<string, string>;
}

/** One value of a metric. */
export interface Point {
  readonly key: string;
  readonly value: number;
  readonly timestamp: bigint;
  readonly step: bigint;
}

/** All values of one metric of a run. */
export interface History {
  readonly points: Point[];
  /** Which points are there: a copy is dropped. */
  readonly known: Set<string>;
  /** Whether `points` are in the order in which they are listed. */
  sorted: boolean;
  /** The one with the highest step, then timestamp, then value. */
  latest: Point;
}

export const runStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;

/** Times are epoch milliseconds. */
export interface Run {
  readonly id: string;
  readonly experiment: Experiment;
  name: string;
  readonly user: string;
  status: (typeof runStatuses)[number];
  readonly start: bigint;
  end: bigint | undefined;
  stage: Stage;
  readonly params: Map<string, string>;
  readonly tags: Map<string, string>;
  readonly metrics: Map<string, History>;
}

declare const contents: unique symbol;

/** What an embedded MLflow knows. Made by `createStore()`; to be shared by any number of clients and servers. */
export interface Store {
  readonly [contents]?: never;
}

/** What is in a `Store`. */
export interface State extends Store {
  readonly experiments: Map<bigint, Experiment>;
  readonly runs: Map<string, Run>;
  now(): bigint;
}

export interface StoreOptions {
  /** Epoch milliseconds, for the times that a server notes by itself. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * The memory of an embedded MLflow, with the experiment `Default` (id 0) that every MLflow has.
 *
 * @example
 * const store = createStore();
 * const client = createClient({ auth: mock({ store }) });
 * await using server = await createMockServer({ store }); // sees what the client does
 */
export function createStore({ now = Date.now }: StoreOptions = {}): Store {
  const state: State = { experiments: new Map(), runs: new Map(), now: () => BigInt(Math.trunc(now())) };
  addExperiment(state, "Default");
  return state;
}

/** Adds an experiment under the next free id. */
export function addExperiment(state: State, name: string, location = ""): Experiment {
  const id = BigInt(state.experiments.size);
  const created = state.now();
  const experiment: Experiment = {
    id,
    name,
    location: location || `mlflow-artifacts:/${id}`,
    stage: "active",
    created,
    updated: created,
    tags: new Map(),
  };
  state.experiments.set(id, experiment);
  return experiment;
}

/** @throws Fault for an id that is no integer. */
export function experimentId(text: string): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    throw invalid(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`);
  }
  return BigInt(text.trim().replace("+", ""));
}

/** @throws Fault when there is none, or none in that stage. */
export function findExperiment(state: State, id: string, stage?: Stage): Experiment {
  const number = experimentId(id);
  const experiment = state.experiments.get(number);
  if (experiment === undefined || (stage !== undefined && experiment.stage !== stage)) {
    throw new Fault("RESOURCE_DOES_NOT_EXIST", `No Experiment with id=${number} exists`);
  }
  return experiment;
}

/** @throws Fault */
export function findActiveExperiment(state: State, id: string): Experiment {
  const experiment = findExperiment(state, id);
  if (experiment.stage === "active") return experiment;
  throw invalid(`The experiment ${experiment.id} must be in the 'active' state. Current state is deleted.`);
}

/** @throws Fault */
export function findRun(state: State, id: string): Run {
  const run = state.runs.get(id);
  if (run === undefined) throw new Fault("RESOURCE_DOES_NOT_EXIST", `Run with id=${id} not found`);
  return run;
}

/** @throws Fault */
export function findActiveRun(state: State, id: string): Run {
  const run = findRun(state, id);
  if (run.stage === "active") return run;
  throw invalid(`The run ${id} must be in the 'active' state. Current state is deleted.`);
}
