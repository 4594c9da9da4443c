// Asks the real servers again, and files what they answer. See ../README.md for what it needs.
import { stop } from "./tools.mjs";

const layers = process.argv.slice(2);
try {
  for (const name of layers.length > 0 ? layers : ["mlflow", "nginx", "node", "python", "aws", "oidc", "proxies"]) {
    const layer = await import(`./${name}.mjs`);
    await layer[name]();
  }
} finally {
  stop();
}
