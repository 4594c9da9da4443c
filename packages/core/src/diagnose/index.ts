import { HttpAuthError, RestError } from "../errors.ts";
export function isRefusal(status: number, _h: unknown, text: string, signs: boolean): boolean {
  return status === 401 || (status === 403 && text !== "Permission denied") || (status === 400 && signs);
}
export function mayRetryStatus(status: number, _h: unknown, text: string): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status) && !text.includes("FEATURE_DISABLED");
}
export function diagnose(i: {
  method: string;
  url: URL;
  response: { status: number; headers: unknown; text: string };
  sent: unknown;
  unread: string[];
}): HttpAuthError | RestError {
  const { status, text } = i.response;
  if (status === 401)
    return new HttpAuthError(
      "ERR_HTTP_UNAUTHENTICATED",
      "MLflow authentication error (HTTP 401): Invalid credentials",
      { status, remedies: i.unread },
    );
  if (status === 403)
    return new HttpAuthError("ERR_HTTP_FORBIDDEN", "MLflow authentication error (HTTP 403): Access forbidden", {
      status,
    });
  return new RestError("ERR_REST", text, { status });
}
