import { type Diagnosis, object, oneLine, type Recogniser, text } from "./answer.ts";

/** Workspaces: switched off, not named, unknown, or of a name that cannot be. */
export const workspace: Recogniser = ({ json, sent }) => {
  const said = oneLine(text(json?.message) ?? text(object(json?.error)?.message) ?? "");
  if (!/workspace/i.test(said)) return undefined;
  const code = text(json?.error_code);
  if (code === "FEATURE_DISABLED") {
    return about(code, said, "The server has no workspaces: unset MLFLOW_WORKSPACE.");
  }
  if (/workspace (context )?is required|no workspace/i.test(said)) {
    return about(
      code ?? "INVALID_PARAMETER_VALUE",
      said,
      "Set MLFLOW_WORKSPACE, or pass workspace to createClient; with token(), kubernetes-namespaced names it.",
    );
  }
  if (sent.workspace === undefined) return undefined;
  if (/not found|doesn't exist|does not exist|unknown/i.test(said)) {
    return about(
      code ?? "RESOURCE_DOES_NOT_EXIST",
      said,
      `Check MLFLOW_WORKSPACE: the server knows no workspace "${sent.workspace}".`,
    );
  }
  if (/^Workspace name/.test(said)) {
    return about(code ?? "INVALID_PARAMETER_VALUE", said, "Correct MLFLOW_WORKSPACE: no workspace has such a name.");
  }
  return undefined;
};

function about(errorCode: string, said: string, hint: string): Diagnosis {
  return { code: "ERR_HTTP_WORKSPACE", errorCode, what: `${errorCode}: ${said}`, hint };
}
