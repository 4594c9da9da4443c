import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { repository, temporaryHome } from "@mlflow-kit/testing";
import { command } from "./command.ts";

/** A copy of the repository that releases can be made from. */
export interface Workspace extends AsyncDisposable {
  /** Package names with their versions, without the private ones. */
  versions(): Promise<Record<string, string>>;
  /** Commits a changeset: `{ "@mlflow-kit/core": "minor" }`. */
  addChangeset(bumps: Record<string, "patch" | "minor" | "major">): Promise<void>;
  /** `npm run release`. */
  release(): Promise<void>;
  /** The tags that releases left. */
  tags(): Promise<string[]>;
  /** Files that releases changed and did not commit. */
  uncommitted(): Promise<string>;
}

/** Copies what git knows or would add into a repository of its own, and installs it from pnpm's store. */
export async function copyWorkspace(registryEnv: Record<string, string>): Promise<Workspace> {
  const home = await temporaryHome();
  const cwd = join(home.path, "copy");
  const person = { NAME: "Tester", EMAIL: "tester@localhost" };
  const gitEnv = Object.fromEntries(
    Object.entries(person).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  );
  const git = (...args: string[]) => command("git", args, { cwd, env: gitEnv });

  const listed = await command("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
  });
  for (const name of listed.split("\0").filter(Boolean)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await copyFile(join(repository, name), join(cwd, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error; // deleted, but not yet committed
    });
  }
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=The state under test");
  const { packageManager } = JSON.parse(await readFile(join(cwd, "package.json"), "utf8"));
  await command("npx", ["-y", packageManager, "install", "--frozen-lockfile", "--prefer-offline"], { cwd });

  let changesets = 0;
  return {
    async versions() {
      const folders = await readdir(join(cwd, "packages"));
      const manifests = await Promise.all(
        folders.map(async (folder) =>
          JSON.parse(await readFile(join(cwd, "packages", folder, "package.json"), "utf8")),
        ),
      );
      return Object.fromEntries(manifests.filter((each) => !each.private).map(({ name, version }) => [name, version]));
    },
    async addChangeset(bumps) {
      const lines = Object.entries(bumps).map(([name, bump]) => `"${name}": ${bump}`);
      const text = ["---", ...lines, "---", "", "A change.", ""].join("\n");
      await writeFile(join(cwd, ".changeset", `test-${++changesets}.md`), text);
      await git("add", "--all");
      await git("commit", "--quiet", "--message=A change");
    },
    async release() {
      await command("npm", ["run", "release"], { cwd, env: { ...gitEnv, ...registryEnv } });
    },
    tags: async () => (await git("tag", "--list")).split("\n").filter(Boolean),
    uncommitted: () => git("status", "--porcelain"),
    [Symbol.asyncDispose]: home[Symbol.asyncDispose],
  };
}
