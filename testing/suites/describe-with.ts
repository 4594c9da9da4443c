import { findMlflowPython, findProgram } from "@mlflow-kit/testing";
import { describe } from "vitest";

type Program = "MLflow" | "nginx" | "openssl";

/** A suite that needs programs; where the machine does not have them, its title says so and it is skipped. */
export function describeWith(needed: Program | readonly Program[], title: string, tests: () => void): void {
  const missing = [needed]
    .flat()
    .filter((program) => !(program === "MLflow" ? findMlflowPython() : findProgram(program)));
  if (missing.length === 0) describe(title, tests);
  else describe.skip(`${title} (skipped: there is no ${missing.join(", no ")} here; npm run servers says why)`, tests);
}
