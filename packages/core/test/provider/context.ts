import { plainSend } from "../../../../testing/src/index.ts";
import type { AuthContext } from "../../src/index.ts";
import { testContext as emptyContext } from "../../src/testing/index.ts";

/** A context with a network. */
export function testContext(fields: Partial<AuthContext> = {}) {
  return emptyContext({ send: plainSend, ...fields });
}
