import type { MlflowClient } from "@mlflow-kit/core";

/** The user that the server takes a client for. */
export async function whoAmI(client: MlflowClient): Promise<string> {
  return (await client.request("GET mlflow/users/current", {})).user.username;
}
