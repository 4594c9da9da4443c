import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { createAuthority, repository, startServer, type TemporaryHome, temporaryHome } from "@mlflow-kit/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, command } from "./command.ts";
import { copyWorkspace, type Workspace } from "./published-workspace.ts";
import { type Registry, startRegistry } from "./registry.ts";

const packages = readdirSync(join(repository, "packages"));
const providers = packages.filter((name) => name.startsWith("auth-"));
const nodes = [20, 22, 24, 26];

let registry: Registry;
let workspace: Workspace;
const versions: Record<string, string>[] = [];
const homes: TemporaryHome[] = [];

/** An empty folder outside the workspace, with these packages installed from the registry. */
async function outsideFolder(...names: string[]): Promise<TemporaryHome> {
  const home = await temporaryHome({ "package.json": '{ "private": true }' });
  homes.push(home);
  const install = ["install", "--no-audit", "--no-fund", ...names.map((name) => `@mlflow-kit/${name}`)];
  await command("npm", install, { cwd: home.path, env: registry.env });
  return home;
}

beforeAll(async () => {
  registry = await startRegistry();
  workspace = await copyWorkspace(registry.env);
  const release = async () => {
    await workspace.release();
    versions.push(await workspace.versions());
  };
  await release();
  await workspace.addChangeset({ "@mlflow-kit/auth-token": "patch" });
  await release();
  await workspace.addChangeset({ "@mlflow-kit/core": "minor" });
  await release();
}, 600_000);

afterAll(async () => {
  await registry?.close();
  await workspace?.[Symbol.asyncDispose]();
  for (const home of homes) await home[Symbol.asyncDispose]();
});

describe("npm run release", () => {
  it("publishes every package, from 1.0.0 on", () => {
    const [first] = versions;
    expect(Object.keys(first ?? {}).sort()).toEqual(packages.map((name) => `@mlflow-kit/${name}`).sort());
    for (const version of Object.values(first ?? {})) expect(version).toMatch(/^[1-9]\d*\.\d+\.\d+$/);
  });

  it.each([
    [
      "a patch of auth-token",
      1,
      "@mlflow-kit/auth-token",
      (major: number, minor: number, patch: number) => [major, minor, patch + 1],
    ],
    ["a minor of core", 2, "@mlflow-kit/core", (major: number, minor: number) => [major, minor + 1, 0]],
  ])("bumps one package alone for %s", (_, step, name, next) => {
    const before = versions[step - 1] ?? {};
    const [major = 0, minor = 0, patch = 0] = (before[name] ?? "").split(".").map(Number);
    expect(versions[step]).toEqual({ ...before, [name]: next(major, minor, patch).join(".") });
  });

  it("leaves in the registry what it says", async () => {
    for (const name of packages.map((each) => `@mlflow-kit/${each}`)) {
      const expected = [...new Set(versions.map((release) => release[name]))];
      expect(await registry.versions(name), name).toEqual(expected);
    }
  });
});

describe("the repository after a release", () => {
  it("has a tag for each published version, and nothing left to commit", async () => {
    const published = versions.flatMap((release) =>
      Object.entries(release).map(([name, version]) => `${name}@${version}`),
    );
    expect((await workspace.tags()).sort()).toEqual([...new Set(published)].sort());
    expect(await workspace.uncommitted()).toBe("");
  });
});

describe("an outside folder with one provider", () => {
  const authority = createAuthority();
  const server = authority.issue();
  const client = authority.issue({ name: "a client" });
  const basic = Buffer.from("ada:correct horse battery").toString("base64");

  /** What turns each provider on, and how the server recognises it. */
  const setups: Record<string, { env?: Record<string, string>; trackingUri?: string; seen: string | RegExp }> = {
    "auth-basic": {
      env: { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "correct horse battery" },
      seen: `Basic ${basic}`,
    },
    "auth-token": { env: { MLFLOW_TRACKING_TOKEN: "a.bearer.token" }, seen: "Bearer a.bearer.token" },
    "auth-sigv4": {
      env: {
        MLFLOW_TRACKING_AWS_SIGV4: "true",
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
        AWS_REGION: "eu-west-1",
      },
      seen: /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=/,
    },
    "auth-mtls": { seen: "certificate of a client" },
    "auth-databricks": {
      trackingUri: "databricks",
      env: { DATABRICKS_TOKEN: "dapi-token" },
      seen: "Bearer dapi-token",
    },
  };

  it.each(providers)("%s brings no other provider and makes an authenticated call", async (name) => {
    const setup = setups[name];
    if (!setup) throw new Error(`say here how ${name} is turned on`);
    const folder = await outsideFolder(name);
    const { dependencies } = JSON.parse(await command("npm", ["ls", "--all", "--json"], { cwd: folder.path }));
    const installed = JSON.stringify(dependencies).match(/@mlflow-kit\/[\w-]+/g) ?? [];
    expect([...new Set(installed)].sort()).toEqual([`@mlflow-kit/${name}`, "@mlflow-kit/core"].sort());

    let seen: string | undefined;
    await using mlflow = await startServer(
      (request, response) => {
        const subject = (response.socket as TLSSocket).getPeerCertificate().subject?.CN;
        seen = request.headers.authorization ?? (subject && `certificate of ${subject}`);
        response.setHeader("content-type", "application/json");
        response.end('{"experiments":[]}');
      },
      { tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false } },
    );
    const ca = await folder.write("ca.pem", authority.cert);
    const certificate = await folder.write("client.pem", client.cert + client.key);
    const factory = name.replace("auth-", "");
    const program = await folder.write(
      "call.mjs",
      `import { createClient } from "@mlflow-kit/core";
import { ${factory} } from "@mlflow-kit/${name}";
const client = createClient({ auth: ${factory}() });
await client.validate();
await client.close();
`,
    );
    const cleared = Object.keys(process.env).filter((key) => /^(MLFLOW|AWS|DATABRICKS)_|_PROXY$/i.test(key));
    await command(process.execPath, [program], {
      cwd: folder.path,
      env: {
        ...Object.fromEntries(cleared.map((key) => [key, undefined])),
        HOME: folder.path,
        MLFLOW_TRACKING_URI: setup.trackingUri ?? mlflow.url.href,
        MLFLOW_TRACKING_SERVER_CERT_PATH: ca,
        ...(name === "auth-mtls" && { MLFLOW_TRACKING_CLIENT_CERT_PATH: certificate }),
        ...(name === "auth-databricks" && { DATABRICKS_HOST: mlflow.url.href }),
        ...setup.env,
      },
    });
    expect(seen).toEqual(typeof setup.seen === "string" ? setup.seen : expect.stringMatching(setup.seen));
  });
});

describe("the tarballs", () => {
  let folder: TemporaryHome;
  const specifiers: string[] = [];

  beforeAll(async () => {
    folder = await outsideFolder(...packages);
    for (const name of packages) {
      const path = join(folder.path, "node_modules/@mlflow-kit", name, "package.json");
      const { exports } = JSON.parse(await readFile(path, "utf8"));
      const entries = Object.keys(exports).filter((key) => key !== "./package.json");
      specifiers.push(...entries.map((key) => `@mlflow-kit/${name}${key.slice(1)}`));
    }
    const expected = JSON.stringify(specifiers);
    await folder.write(
      "load.mjs",
      `for (const name of ${expected}) if (Object.keys(await import(name)).length === 0) throw new Error(name);\n`,
    );
    await folder.write(
      "load.cjs",
      `for (const name of ${expected}) if (Object.keys(require(name)).length === 0) throw new Error(name);\n`,
    );
  }, 180_000);

  it.each(packages)("of %s pleases publint and attw", async (name) => {
    const pack = ["pack", "--json", `@mlflow-kit/${name}`];
    const [{ filename }] = JSON.parse(await command("npm", pack, { cwd: folder.path, env: registry.env }));
    const tarball = join(folder.path, filename);
    await command(bin("publint"), ["--strict", tarball], { cwd: folder.path });
    await command(bin("attw"), [tarball, "--profile", "node16"], { cwd: folder.path });
  });

  it.each(nodes)("load as ESM and as CommonJS on Node %i", async (major) => {
    const current = Number(process.versions.node.split(".")[0]) === major;
    const [program, ...args] = current ? [process.execPath] : ["npx", "-y", `node@${major}`];
    if (!program) throw new Error("unreachable");
    const version = await command(program, [...args, "--version"], { cwd: folder.path });
    expect(version.trim()).toMatch(new RegExp(`^v${major}\\.`));
    for (const file of ["load.mjs", "load.cjs"]) await command(program, [...args, file], { cwd: folder.path });
  });

  it.each(["node16", "bundler"])("have types that resolve under %s", async (moduleResolution) => {
    const lines = specifiers.map((name, index) => `import * as m${index} from "${name}";\nvoid m${index};\n`).join("");
    await folder.write("types.mts", lines);
    await folder.write("types.cts", lines);
    const module = moduleResolution === "node16" ? "node16" : "esnext";
    await folder.write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: "es2022",
          lib: ["es2023", "esnext.disposable"],
          module,
          moduleResolution,
          typeRoots: [join(repository, "node_modules/@types")],
          types: ["node"],
        },
        files: module === "node16" ? ["types.mts", "types.cts"] : ["types.mts"],
      }),
    );
    await command(join(repository, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder.path });
  });
});
