/** The OpenAI SDK on MLflow's gateway: our fetch authenticates, so the key that the SDK wants is never needed. */
import { token } from "@mlflow-kit/auth-token";
import { createClient } from "@mlflow-kit/core";
import OpenAI from "openai";

await using client = createClient({ auth: token() });
const { baseUrl } = await client.endpoint();
const openai = new OpenAI({
  baseURL: `${baseUrl.href.replace(/\/$/, "")}/gateway/mlflow/v1`,
  apiKey: "unused",
  fetch: client.fetch,
});

const { choices } = await openai.chat.completions.create({
  model: "chat",
  messages: [{ role: "user", content: "Hi" }],
});
console.log(choices[0]?.message.content);
