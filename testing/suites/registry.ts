import { type ChildServer, freePort, startChild, temporaryHome } from "@mlflow-kit/testing";
import { bin, command } from "./command.ts";

/** A package registry of our own. */
export interface Registry extends ChildServer {
  /** What makes npm and pnpm use it, with a login. */
  readonly env: { npm_config_userconfig: string; npm_config_registry: string };
  /** Every version of a package that was ever published to it. */
  versions(name: string): Promise<string[]>;
}

/** Starts verdaccio on a free loopback port; what is not ours it fetches from the registry that npm is set up with. */
export async function startRegistry(): Promise<Registry> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const upstream = (await command("npm", ["config", "get", "registry"], { cwd: process.cwd() })).trim();
  const configuration = (folder: string) => `
storage: ${folder}/storage
uplinks:
  upstream: { url: "${upstream}", timeout: 60s, max_fails: 10 }
packages:
  "@mlflow-kit/*": { access: $all, publish: $all }
  "**": { access: $all, proxy: upstream }
log: { type: stdout, format: pretty, level: warn }
`;
  const home = await temporaryHome();
  const file = await home.write("config.yaml", configuration(home.path));
  const userconfig = await home.write(".npmrc", `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`);
  const child = await startChild({
    name: "verdaccio",
    command: [bin("verdaccio"), "--config", file, "--listen", `127.0.0.1:${port}`],
    cwd: home.path,
    isReady: async () => (await fetch(`${url}-/ping`)).ok,
  });
  return {
    env: { npm_config_userconfig: userconfig, npm_config_registry: url },
    versions: async (name) => {
      const response = await fetch(url + encodeURIComponent(name));
      if (response.status === 404) return [];
      const { versions } = (await response.json()) as { versions: object };
      return Object.keys(versions);
    },
    log: child.log,
    close: async () => {
      await child.close();
      await home[Symbol.asyncDispose]();
    },
  };
}
