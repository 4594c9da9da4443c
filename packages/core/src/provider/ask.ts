import { AuthError, MlflowError } from "../errors.ts";
import type { AuthContext, Awaitable } from "../types.ts";
import { runCommand } from "./command.ts";

/**
 * What a program prints when asked for a credential, without the line breaks at its end. Its standard error is not
 * looked at.
 *
 * @throws AuthError `ERR_AUTH_COMMAND` as {@link runCommand} does, and when the program fails or prints nothing.
 */
export async function askCommand(
  command: readonly [string, ...string[]],
  context: AuthContext,
  about: { owner: string },
): Promise<string> {
  const { stdout, exitCode } = await runCommand(command, {
    ...about,
    env: context.env,
    ...(context.signal && { signal: context.signal }),
  });
  const text = stdout.replace(/[\r\n]+$/, "");
  if (exitCode === 0 && text !== "") return text;
  const what = exitCode === 0 ? "printed nothing" : `failed (exit code ${exitCode})`;
  throw new AuthError("ERR_AUTH_COMMAND", `${about.owner}: the command ${JSON.stringify(command[0])} ${what}`, {
    hint: "Run it by hand to see what it says.",
  });
}

/**
 * What a user's function answers when asked for a credential. The answer is not checked.
 *
 * @throws AuthError `ERR_AUTH_LOAD` when the function throws. Of what it threw, the cause keeps name, message and
 * stack, and drops every property: HTTP clients hang whole requests, headers included, on their errors.
 */
export async function askFunction<T>(
  ask: (context: AuthContext) => Awaitable<T>,
  context: AuthContext,
  about: { owner: string; setting: string },
): Promise<T> {
  try {
    return await ask(context);
  } catch (error) {
    if (MlflowError.is(error)) throw error;
    throw new AuthError("ERR_AUTH_LOAD", `${about.owner}: ${about.setting} failed`, {
      hint: "The function that was given threw an error, which is the cause of this one.",
      cause: error instanceof Error ? bareCopy(error) : undefined,
    });
  }
}

function bareCopy(error: Error): Error {
  const copy = new Error(error.message);
  copy.stack = error.stack;
  return copy;
}
