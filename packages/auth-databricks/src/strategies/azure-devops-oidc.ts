import { envString } from "@mlflow-kit/core";
import { checkToken } from "@mlflow-kit/core/provider";
import { fault, owner } from "../errors.ts";
import { checkIdToken, federated } from "../oauth/federation.ts";
import { fetchJson } from "../oauth/http.ts";
import type { Strategy } from "./strategy.ts";

const variables = [
  "SYSTEM_ACCESSTOKEN",
  "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
  "SYSTEM_TEAMPROJECTID",
  "SYSTEM_PLANID",
  "SYSTEM_JOBID",
  "SYSTEM_HOSTTYPE",
] as const;

/** The identity of an Azure DevOps job. */
export const azureDevopsOidc: Strategy = {
  name: "azure-devops-oidc",
  configure(setup) {
    const { settings, context, skip } = setup;
    if (settings.host === undefined) return skip("host is not set");
    const values = variables.map((name) => envString(context.env, name));
    const missing = variables.filter((_, index) => values[index] === undefined);
    if (missing.length > 0) return skip(`missing env var ${missing.join(", ")}`);
    const [token, collection, project, plan, job, hub] = values as string[];
    const base = URL.canParse(collection!) ? collection!.replace(/\/+$/, "") : undefined;
    if (base === undefined) throw fault("ERR_AUTH_INVALID", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI is no address");
    const [projectId, planId, jobId, hubName] = [project, plan, job, hub].map((part) => encodeURIComponent(part!));
    const url = new URL(
      `${base}/${projectId}/_apis/distributedtask/hubs/${hubName}/plans/${planId}/jobs/${jobId}/oidctoken?api-version=7.2-preview.1`,
    );
    const authorization = `Bearer ${checkToken(token, { owner, setting: "SYSTEM_ACCESSTOKEN" })}`;
    return federated(setup, async (fresh) => {
      const answer = await fetchJson(fresh, {
        method: "POST",
        url,
        what: "Azure DevOps' identity endpoint",
        headers: { authorization, "content-length": "0" },
      });
      return checkIdToken(answer.oidcToken, "Azure DevOps' answer");
    });
  },
};
