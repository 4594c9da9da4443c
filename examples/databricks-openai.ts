/** The OpenAI SDK on a Databricks serving endpoint, with whatever credentials `databricks()` finds. */
import { databricks } from "@mlflow-kit/auth-databricks";
import { createClient } from "@mlflow-kit/core";
import OpenAI from "openai";

await using client = createClient({ trackingUri: "databricks", auth: databricks() });
const { baseUrl } = await client.endpoint();
const openai = new OpenAI({
  apiKey: "not used: client.fetch puts its own in place",
  baseURL: new URL("/serving-endpoints", baseUrl).href,
  fetch: client.fetch,
});
const { choices } = await openai.chat.completions.create({
  model: "databricks-claude",
  messages: [{ role: "user", content: "What is MLflow?" }],
});
console.log(choices[0]?.message.content);
