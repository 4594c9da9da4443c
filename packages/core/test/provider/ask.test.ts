import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { AuthError } from "../../src/index.ts";
import { askCommand, askFunction } from "../../src/provider/index.ts";
import { testContext } from "./context.ts";

const secret = "SENTINEL-9f2c";
const about = { owner: "token", setting: "the token function" };
const run = (script: string) => askCommand([process.execPath, "-e", script], testContext(), about);

describe("askCommand", () => {
  it("drops the line breaks at the end, and nothing else", async () => {
    expect(await run("process.stdout.write(' a b \\r\\n\\n'); console.error('noise')")).toBe(" a b ");
  });

  it("P02 refuses a program that fails or says nothing, and echoes nothing", async () => {
    for (const script of [`console.log("${secret}"); console.error("${secret}"); process.exit(1)`, "console.log()"]) {
      const error = await run(script).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "ERR_AUTH_COMMAND" });
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret);
    }
  });
});

describe("askFunction", () => {
  it("hands the context over and the answer back", async () => {
    const context = testContext();
    expect(await askFunction((given) => [given], context, about)).toEqual([context]);
    expect(await askFunction(async () => undefined, context, about)).toBeUndefined();
  });

  it("T26 types what the function throws, without its properties", async () => {
    const thrown = Object.assign(new TypeError("vault is sealed"), {
      config: { headers: { "x-vault-token": secret } },
    });
    for (const ask of [
      () => Promise.reject(thrown),
      (): never => {
        throw thrown;
      },
    ]) {
      const error = await askFunction(ask, testContext(), about).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "ERR_AUTH_LOAD", message: "token: the token function failed" });
      expect(inspect(error, { showHidden: true, depth: 9 })).toContain("vault is sealed");
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret);
    }
    const error = await askFunction(() => Promise.reject(secret), testContext(), about).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ERR_AUTH_LOAD" });
    expect(error).not.toHaveProperty("cause");
  });

  it("passes errors of the family on", async () => {
    const error = new AuthError("ERR_AUTH_FILE", "mine");
    await expect(askFunction(() => Promise.reject(error), testContext(), about)).rejects.toBe(error);
  });
});
