import type { HttpResponse } from "../types.ts";
import { isCrossOriginBlock, isHostCheck, isPermissionDenied } from "./mlflow.ts";

/**
 * Whether an answer refuses the credentials, so that others may help: 401; 403 unless MLflow itself knows the user and
 * says no, or did not look at the credentials; 400 where a member signs, as AWS answers it.
 */
export function isRefusal(status: number, _headers: HttpResponse["headers"], text: string, signs: boolean): boolean {
  if (status === 403) return !isPermissionDenied(text) && !isHostCheck(text) && !isCrossOriginBlock(text);
  return status === 401 || (status === 400 && signs);
}

const retried = new Set([408, 429, 500, 502, 503, 504]);

/** Whether another attempt may succeed, by MLflow's list; a feature that is switched off stays so. */
export function mayRetryStatus(status: number, _headers: HttpResponse["headers"], text: string): boolean {
  return retried.has(status) && !/"error_code":\s*"FEATURE_DISABLED"/.test(text);
}
