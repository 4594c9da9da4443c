import { findMlflowPython, findProgram } from "@mlflow-kit/testing";
import { describe } from "vitest";

/** A suite that needs a program; where the machine does not have it, its title says so and it is skipped. */
export function describeWith(program: "MLflow" | "nginx", title: string, tests: () => void): void {
  const found = program === "MLflow" ? findMlflowPython() : findProgram(program);
  if (found) describe(title, tests);
  else describe.skip(`${title} (skipped: there is no ${program} here; npm run servers says why)`, tests);
}
