import type { Settings } from "../options.ts";

export type Cloud = "aws" | "azure" | "gcp";

/** Where Azure's own services are, for the part of Azure that a workspace is in. All end in a slash. */
export interface AzureEndpoints {
  /** Entra ID. */
  readonly login: string;
  /** Azure Resource Manager. */
  readonly resourceManager: string;
  readonly serviceManagement: string;
}

/** Which cloud serves a workspace. */
export interface CloudEnvironment {
  readonly cloud: Cloud;
  readonly azure: AzureEndpoints;
  /** The application id of Azure Databricks: the resource that tokens are asked for. */
  readonly azureApplicationId: string;
}

const azureEndpoints: Readonly<Record<string, AzureEndpoints>> = {
  public: {
    login: "https://login.microsoftonline.com/",
    resourceManager: "https://management.azure.com/",
    serviceManagement: "https://management.core.windows.net/",
  },
  usgovernment: {
    login: "https://login.microsoftonline.us/",
    resourceManager: "https://management.usgovcloudapi.net/",
    serviceManagement: "https://management.core.usgovcloudapi.net/",
  },
  china: {
    login: "https://login.chinacloudapi.cn/",
    resourceManager: "https://management.chinacloudapi.cn/",
    serviceManagement: "https://management.core.chinacloudapi.cn/",
  },
};

const productionApplication = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/** The first suffix that fits decides; any other host is on AWS. */
const suffixes: readonly (readonly [suffix: string, cloud: Cloud, azure?: string, application?: string])[] = [
  [".dev.azuredatabricks.net", "azure", "public", "62a912ac-b58e-4c1d-89ea-b2dbfc7358fc"],
  [".staging.azuredatabricks.net", "azure", "public", "4a67d088-db5c-48f1-9ff2-0aace800ae68"],
  [".azuredatabricks.net", "azure", "public"],
  [".databricks.azure.us", "azure", "usgovernment"],
  [".databricks.azure.cn", "azure", "china"],
  [".gcp.databricks.com", "gcp"],
];

/** Told by the Azure resource id, else by `cloud`, else by the host's suffix. */
export function cloudEnvironment(settings: Settings): CloudEnvironment {
  const hostname =
    settings.host
      ?.replace(/^https?:\/\//i, "")
      .replace(/[:/].*$/, "")
      .toLowerCase() ?? "";
  const [, suffixCloud = "aws", azureName, application = productionApplication] =
    suffixes.find(([suffix]) => hostname.endsWith(suffix)) ?? [];
  const named = shortName(settings.azureEnvironment ?? "");
  return {
    cloud: settings.azureWorkspaceResourceId ? "azure" : ((settings.cloud?.toLowerCase() as Cloud) ?? suffixCloud),
    azure: azureEndpoints[azureName ?? named] ?? azureEndpoints.public!,
    azureApplicationId: application,
  };
}

/** Whether `azure_environment` is a name that is known. */
export function isAzureEnvironment(name: string): boolean {
  return Object.hasOwn(azureEndpoints, shortName(name));
}

/** `AzureUSGovernment` and `usgovernment` are the same; Azure's own `AzureCloud` is the public one. */
function shortName(name: string): string {
  return name.toLowerCase().replace(/^azure|cloud$/g, "") || "public";
}
