import { peekText } from "./buffered-body.ts";
import { diagnose } from "./diagnose/index.ts";
import type { MlflowError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { redactUrl } from "./redact.ts";
import { routes } from "./routes/index.ts";
import { type Resolved, refusalLimit } from "./target.ts";
import type { HttpRequest, HttpResponse } from "./types.ts";

/** MLflow answers these with an object; what other routes answer is not ours to judge. */
const known: ReadonlySet<string> = new Set(routes);

export interface AnswerContext {
  readonly resolved: Resolved;
  redact(text: string): string;
  unread(): readonly string[];
}

/**
 * What the server answered to a call of a route: the parsed JSON, `{}` when there is none.
 *
 * @throws HttpAuthError or RestError for a refusal, and for a success that no MLflow server would have sent.
 */
export async function readAnswer(
  route: string,
  request: HttpRequest,
  response: HttpResponse,
  context: AnswerContext,
): Promise<unknown> {
  const { status, headers } = response;
  if (status < 200 || status >= 300) {
    const { text, response: rest } = await peekText(response, refusalLimit);
    rest.body.cancel();
    throw failure(text);
  }
  const text = await response.body.text();
  if (text === "") return {};
  if (/html/i.test(String(headers["content-type"] ?? ""))) throw failure(text);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw failure(text);
  }
  if (known.has(route) && (typeof value !== "object" || value === null || Array.isArray(value))) throw failure(text);
  return value;

  function failure(text: string): MlflowError {
    return diagnose({
      method: request.method,
      url: new URL(redactUrl(request.url)),
      response: { status, headers, text: context.redact(text) },
      sent: {
        members: context.resolved.members.map((member) => member.name),
        workspace: request.headers["x-mlflow-workspace"],
        signed: context.resolved.signs,
      },
      unread: context.unread(),
    });
  }
}
