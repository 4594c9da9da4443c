import { invalid } from "./fault.ts";
import { dumps, float, head, length, normpath, repr } from "./python.ts";

/** A tag or a parameter. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

const longest = { key: 250, param: 6000, tag: 8000, experimentTag: 20_000, experimentName: 500, location: 2048 };

/** What a name of a metric, parameter or tag may be; it names a file in MLflow's file store. @throws Fault */
function checkKey(key: string, path: string): void {
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) {
    throw badKey(
      path,
      key,
      "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
    );
  }
  const normal = normpath(key);
  if (normal !== key || normal === "." || normal.startsWith("..") || normal.startsWith("/")) {
    throw badKey(
      path,
      key,
      `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to ${repr(normal)}`,
    );
  }
}

function badKey(path: string, key: string, why: string) {
  return invalid(`Invalid value ${dumps(key)} for parameter '${path}' supplied: ${why}`);
}

function checkLength(what: string, limit: number, text: string): void {
  if (text.length > limit && length(text) > limit) {
    throw invalid(`'${what}' exceeds the maximum length of ${limit} characters`);
  }
}

/** Where something is in a batch: `tags[2]`; empty outside of one. */
type Path = string;

function below(path: Path, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** @throws Fault */
export function checkMetric(metric: { key: string; value: number; timestamp: bigint }, path: Path = ""): void {
  checkKey(metric.key, below(path, "name"));
  if (metric.timestamp < 0n) {
    throw invalid(
      `Invalid value ${metric.timestamp} for parameter '${below(path, "timestamp")}' supplied: metric '${metric.key}' (value=${float(metric.value)}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
  }
  checkLength("Metric name", longest.key, metric.key);
}

/** @returns The parameter with its value cut to 6000 characters. @throws Fault */
export function checkParam({ key, value }: KeyValue, path: Path = ""): KeyValue {
  checkKey(key, below(path, "key"));
  checkLength("Param key", longest.key, key);
  return { key, value: head(value, longest.param) };
}

/** @returns The tag with its value cut to 8000 characters. @throws Fault */
export function checkTag({ key, value }: KeyValue, path: Path = ""): KeyValue {
  checkKey(key, below(path, "key"));
  checkLength(below(path, "key"), longest.key, key);
  return { key, value: head(value, longest.tag) };
}

/** @throws Fault, also for a value over 20 000 characters. */
export function checkExperimentTag({ key, value }: KeyValue): void {
  checkKey(key, "key");
  checkLength("key", longest.key, key);
  checkLength("value", longest.experimentTag, value);
}

/** @throws Fault */
export function checkExperimentName(name: string): void {
  if (name.trim() === "") throw invalid(`Invalid experiment name: '${name}'`);
  checkLength("name", longest.experimentName, name);
}

/** @throws Fault */
export function checkLocation(location: string): void {
  if (location.includes("#")) throw invalid("'artifact_location' URL can't include fragments or params.");
  if (location.startsWith("runs:")) throw invalid(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  if (length(location) > longest.location) {
    throw invalid(
      `Invalid artifact path length. The length of the artifact path cannot be greater than ${longest.location} characters. To configure this limit, please set the MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.`,
    );
  }
}

/** @throws Fault */
export function checkBatch(metrics: number, params: number, tags: number): void {
  atMost("metrics", 1000, metrics);
  atMost("params", 100, params);
  atMost("tags", 100, tags);
  atMost("metrics, params, and tags", 1000, metrics + params + tags);
}

function atMost(what: string, limit: number, count: number): void {
  if (count <= limit) return;
  throw invalid(
    `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
  );
}
