import { basic } from "@mlflow-kit/auth-basic";
import { token } from "@mlflow-kit/auth-token";
import { chain, createClient } from "@mlflow-kit/core";
import { lazy, startMlflow, temporaryHome } from "@mlflow-kit/testing";
import { afterAll, describe, expect, it } from "vitest";
import { describeWith } from "./describe-with.ts";
import { whoAmI } from "./who-am-i.ts";

describeWith("MLflow", "basic authentication against MLflow", () => {
  const hardPassword = "100%sure; #1: a b%%c";
  const server = lazy(async () => {
    const mlflow = await startMlflow({ defaultPermission: "NO_PERMISSIONS" });
    const ada = await mlflow.createUser("ada", "correct horse battery");
    const bob = await mlflow.createUser("bob", hardPassword);
    const private_ = await mlflow.createExperiment("private");
    const shared = await mlflow.createExperiment("shared");
    await mlflow.permit("ada", shared, "EDIT");
    return { ...mlflow, ada, bob, private: private_, shared };
  });
  afterAll(server.close);

  const client = async (env: Record<string, string>, homeDir = "/nonexistent") =>
    createClient({
      auth: chain(token(), basic()),
      env: { MLFLOW_TRACKING_URI: (await server()).url.href, ...env },
      homeDir,
      log: { debug() {}, warn() {} },
    });
  const login = (username: string, password: string) => ({
    MLFLOW_TRACKING_USERNAME: username,
    MLFLOW_TRACKING_PASSWORD: password,
  });

  it("lets the right credentials in, and does what they are allowed to", async () => {
    const { shared, ada } = await server();
    await using mlflow = await client(login(ada.username, ada.password));
    await mlflow.validate();
    expect(await whoAmI(mlflow)).toBe("ada");
    const { run } = await mlflow.request("POST mlflow/runs/create", { experiment_id: shared, run_name: "first" });
    const read = await mlflow.request("GET mlflow/runs/get", { run_id: run.info.run_id });
    expect(read.run.info.run_name).toBe("first");
  });

  it.each([
    ["a wrong password", "ada", "not her password"],
    ["an unknown user", "eve", "correct horse battery"],
  ])("tells of %s", async (_, username, password) => {
    await using mlflow = await client(login(username, password));
    const refused = expect(mlflow.validate()).rejects;
    await refused.toMatchObject({ name: "HttpAuthError", code: "ERR_HTTP_UNAUTHENTICATED", status: 401 });
    await expect(mlflow.validate()).rejects.toThrow("MLflow authentication error (HTTP 401): Invalid credentials");
    await expect(mlflow.validate()).rejects.not.toThrow(password);
  });

  it("tells of a missing permission", async () => {
    const { private: id, ada } = await server();
    await using mlflow = await client(login(ada.username, ada.password));
    const get = mlflow.request("GET mlflow/experiments/get", { experiment_id: id });
    await expect(get).rejects.toMatchObject({ name: "HttpAuthError", code: "ERR_HTTP_FORBIDDEN", status: 403 });
    await expect(get).rejects.toThrow("MLflow authentication error (HTTP 403): Access forbidden");
  });

  it.each(["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"] as const)("I11 refuses %s alone", async (name) => {
    await using home = await temporaryHome({
      ".mlflow/credentials": "[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password = whatever it is\n",
    });
    await using mlflow = await client({ [name]: "half" }, home.path);
    const other = name.endsWith("USERNAME") ? "MLFLOW_TRACKING_PASSWORD" : "MLFLOW_TRACKING_USERNAME";
    await expect(mlflow.validate()).rejects.toMatchObject({ name: "AuthError", code: "ERR_AUTH_INCOMPLETE" });
    await expect(mlflow.validate()).rejects.toThrow(`${name} is set but ${other} is not`);
  });

  describe("the credentials file", () => {
    const section = (name: string, username: string, password: string) =>
      `[${name}]\nmlflow_tracking_username = ${username}\nmlflow_tracking_password = ${password}\n`;

    it("C02 takes %, #, ;, : and spaces literally, in the section named by the origin", async () => {
      const { url, ada } = await server();
      const other = section("https://elsewhere.example", "eve", "nothing of this place");
      await using home = await temporaryHome({
        ".mlflow/credentials":
          other + section(url.origin, "bob", hardPassword) + section("mlflow", "ada", ada.password),
      });
      await using mlflow = await client({}, home.path);
      expect(await whoAmI(mlflow)).toBe("bob");
      const [chosen] = (await mlflow.explain()).providers.filter(({ outcome }) => outcome === "selected");
      expect(chosen).toMatchObject({ name: "basic", source: `~/.mlflow/credentials [${url.origin}]` });
    });

    it("C02 takes them literally in [mlflow]", async () => {
      await using home = await temporaryHome({ ".mlflow/credentials": section("mlflow", "bob", hardPassword) });
      await using mlflow = await client({}, home.path);
      expect(await whoAmI(mlflow)).toBe("bob");
    });

    it("is behind the environment", async () => {
      const { ada } = await server();
      await using home = await temporaryHome({ ".mlflow/credentials": section("mlflow", "bob", hardPassword) });
      await using mlflow = await client(login(ada.username, ada.password), home.path);
      expect(await whoAmI(mlflow)).toBe("ada");
    });
  });

  it("I07 sends a password as UTF-8", async () => {
    const zoe = await (await server()).createUser("zoë", "пароль-パスワード-🔑");
    await using mlflow = await client(login(zoe.username, zoe.password));
    expect(await whoAmI(mlflow)).toBe("zoë");
  });

  it("U15 keeps two clients with two users apart over 1,000 interleaved calls", { timeout: 300_000 }, async () => {
    const { ada, bob } = await server();
    await using first = await client(login(ada.username, ada.password));
    await using second = await client(login(bob.username, bob.password));
    let next = 0;
    const seen = { ada: 0, bob: 0, wrong: 0 };
    const worker = async () => {
      while (next < 1_000) {
        const [mine, name] = next++ % 2 === 0 ? ([first, "ada"] as const) : ([second, "bob"] as const);
        seen[(await whoAmI(mine)) === name ? name : "wrong"]++;
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect(seen).toEqual({ ada: 500, bob: 500, wrong: 0 });
  });
});
