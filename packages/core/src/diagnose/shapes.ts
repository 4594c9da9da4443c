import { type Answer, credentialsIn, object, oneLine, type Recogniser, text } from "./answer.ts";
import { challengeOf, cureOf } from "./challenge.ts";
import { nameOf } from "./mlflow.ts";
import { forbidden, unauthenticated } from "./refused.ts";

/** Kubernetes' API and what delegates to it: `{ kind: "Status", reason, message }`. */
export const kubernetes: Recogniser = (answer) => {
  const { json, status } = answer;
  if (json?.kind !== "Status") return undefined;
  const said = oneLine(text(json.message) ?? text(json.reason) ?? "");
  if (status === 401) {
    const hint =
      "Kubernetes does not know the token: it has expired, or is of another cluster or audience; projected ones are renewed in their file.";
    return unauthenticated(answer, credentialsIn(answer) ? hint : cureOf(answer), said);
  }
  return status === 403
    ? forbidden(answer, "Bind a role to this service account or user that allows what the message names.", said)
    : undefined;
};

/** Azure Machine Learning: `{ error: { code, message, innerError }, correlation }`. */
export const azureml: Recogniser = (answer) => {
  const { json, status } = answer;
  const error = object(json?.error);
  if (error === undefined || (!("innerError" in error) && json?.correlation === undefined)) return undefined;
  const inner = text(object(error.innerError)?.code);
  const said = oneLine([inner ?? text(error.code), text(error.message)].filter(Boolean).join(": "));
  if (status === 401) {
    return unauthenticated(
      answer,
      "Azure Machine Learning wants a token of Microsoft Entra ID: pass token() with a function or a command that gets one.",
      said,
    );
  }
  return status === 403
    ? forbidden(answer, "Give the identity a role on the workspace, such as AzureML Data Scientist.", said)
    : undefined;
};

/** Everybody else's JSON: FastAPI's `{ detail }`, OAuth's `{ error, error_description }`, `{ error: { … } }`, `{ message }`. */
export const otherJson: Recogniser = (answer) => {
  const { json, status } = answer;
  if (json === undefined || status < 400) return undefined;
  const said = saidIn(json);
  if (status === 401) return unauthenticated(answer, cureOf(answer), challengeOf(answer).description || said);
  if (status === 403) return forbidden(answer, forbiddenHint(answer), said);
  if (said === "") return undefined;
  const errorCode = nameOf(status);
  return {
    code: "ERR_REST",
    errorCode,
    what: `${errorCode}: ${said}`,
    hint:
      status === 404
        ? "Check the path prefix of the tracking URI, the route, and the server's version."
        : "A layer in front of MLflow, or a plugin of it, answered; the message is its own.",
  };
};

function forbiddenHint(answer: Answer): string {
  const { error, scope } = challengeOf(answer);
  if (error === "insufficient_scope") return `The token lacks a scope${scope && `: ${scope}`}.`;
  return credentialsIn(answer) === ""
    ? cureOf(answer)
    : "The layer in front of MLflow knows who you are, but does not allow this.";
}

function saidIn(json: Readonly<Record<string, unknown>>): string {
  const error = object(json.error);
  const reason = text(error?.code) ?? text(json.error) ?? text(json.code) ?? text(json.title);
  const message =
    text(error?.message) ??
    text(json.error_description) ??
    text(json.message) ??
    text(json.Message) ??
    text(json.detail) ??
    (json.detail === undefined ? undefined : validation(json.detail));
  return oneLine([reason, message].filter((part, index, all) => part && all.indexOf(part) === index).join(": "), 500);
}

/** FastAPI's list of what is wrong with which parameter; what was sent is left out. */
function validation(detail: unknown): string {
  if (!Array.isArray(detail)) return JSON.stringify(detail);
  return detail
    .map(object)
    .map((item) => [Array.isArray(item?.loc) ? item.loc.join(".") : "", text(item?.msg)].filter(Boolean).join(": "))
    .join("; ");
}
