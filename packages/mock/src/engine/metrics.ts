import { invalid } from "./fault.ts";
import { type Route, route } from "./route.ts";
import { page } from "./search.ts";
import type { History, Point, Run, State } from "./store.ts";

/** How a SQL database keeps the infinities, which it cannot express. */
const most = Number.MAX_VALUE;

/** Records a value. The same value at the same time and step is recorded once, as in a SQL database. */
export function addPoint(run: Run, point: Point): void {
  const kept = {
    ...point,
    value: Number.isNaN(point.value) ? point.value : Math.min(most, Math.max(-most, point.value)),
  };
  // -0 and 0 are one number to a database.
  const identity = `${kept.timestamp} ${kept.step} ${kept.value + 0}`;
  const history = run.metrics.get(kept.key);
  if (history === undefined) {
    run.metrics.set(kept.key, { points: [kept], known: new Set([identity]), sorted: true, latest: kept });
    return;
  }
  if (history.known.has(identity)) return;
  history.known.add(identity);
  history.sorted &&= compare(history.points.at(-1)!, kept, ["timestamp", "step", "value"]) <= 0;
  history.points.push(kept);
  if (compare(kept, history.latest, ["step", "timestamp", "value"]) > 0) history.latest = kept;
}

/** In the order of MLflow: by timestamp, step and value. */
export function points(history: History): readonly Point[] {
  if (!history.sorted) history.points.sort((a, b) => compare(a, b, ["timestamp", "step", "value"]));
  history.sorted = true;
  return history.points;
}

/** A metric as it is answered. */
export function showPoint({ key, value, timestamp, step }: Point): object {
  return { key, value, timestamp, step };
}

/** NaN is stored as a 0 with a mark. */
function compare(a: Point, b: Point, fields: readonly ("timestamp" | "step" | "value")[]): number {
  for (const field of fields) {
    const [x, y] = [a[field] || 0, b[field] || 0];
    if (x < y) return -1;
    if (x > y) return 1;
  }
  return 0;
}

/** Below `/api/2.0/mlflow/`. */
export const metricRoutes: Readonly<Record<string, Route>> = {
  "GET metrics/get-history": route(
    { run_id: "string", run_uuid: "string", metric_key: "string", page_token: "string", max_results: "int32" },
    { run_id: ["string", "required"], metric_key: ["string", "required"], page_token: ["string"] },
    (state: State, { run_id, run_uuid = "", metric_key = "", page_token, max_results }) => {
      if (max_results !== undefined && max_results <= 0n) {
        throw invalid(
          `Invalid value ${max_results} for parameter 'max_results' supplied. It must be a positive integer.`,
        );
      }
      const history = state.runs.get(run_id || run_uuid)?.metrics.get(metric_key);
      const { items, ...more } = page(history ? points(history) : [], max_results, page_token);
      return { ...(items.length > 0 && { metrics: items.map(showPoint) }), ...more };
    },
  ),
};
