import { type Answer, credentialsIn, type Diagnosis } from "./answer.ts";

const verify = [
  "Verify username and password, or the token",
  "Check if the credentials have expired",
  "Ensure that the server expects this authentication method",
];

const permit = [
  "Check if your credentials have the permissions",
  "Verify the MLflow server's configuration",
  "Use HOKUSAI_MOCK_MODE=true for local development",
];

/** Who somebody is was not accepted: a variable that nobody reads is the likeliest reason, then what `hint` says. */
export function unauthenticated(answer: Answer, hint: string, said = ""): Diagnosis {
  return {
    code: "ERR_HTTP_UNAUTHENTICATED",
    what: `Invalid credentials${inBrackets(said)}`,
    hint: answer.unread[0] ?? hint,
    remedies: [...answer.unread, ...verify],
  };
}

/** What somebody wants to do is not allowed. Who sends nothing may well be nobody. */
export function forbidden(answer: Answer, hint: string, said = ""): Diagnosis {
  const nobody = credentialsIn(answer) === "";
  return {
    code: "ERR_HTTP_FORBIDDEN",
    what: `Access forbidden${inBrackets(said)}`,
    hint: (nobody ? answer.unread[0] : undefined) ?? hint,
    remedies: nobody ? [...answer.unread, ...permit] : permit,
  };
}

function inBrackets(said: string): string {
  return said === "" ? "" : ` (${said})`;
}
