/** axios over our fetch: its fetch adapter takes another one. */
import { token } from "@mlflow-kit/auth-token";
import { createClient } from "@mlflow-kit/core";
import axios from "axios";

await using client = createClient({ auth: token() });
const { baseUrl } = await client.endpoint();
const http = axios.create({ baseURL: baseUrl.href, adapter: "fetch", env: { fetch: client.fetch } });

const { data } = await http.post("api/2.0/mlflow/experiments/create", { name: "from-axios" });
console.log(data.experiment_id);
