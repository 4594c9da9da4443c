import { Fault } from "./fault.ts";
import { type Route, route } from "./route.ts";

/** Who has an account, and who is calling. */
export interface Users {
  /** The names, in the order of their ids. */
  readonly names: readonly string[];
  /** Those who are no administrators. */
  readonly plain: ReadonlySet<string>;
  readonly caller: string;
}

/** Where there is no gate, everybody is the administrator. */
export const onlyAdmin: Users = { names: ["admin"], plain: new Set(), caller: "admin" };

/** Below `/api/2.0/mlflow/`. */
export function userRoutes(users: Users): Readonly<Record<string, Route | undefined>> {
  return {
    "GET users/get": route({ username: "string" }, { username: ["required", "string"] }, (_, { username = "" }) => ({
      user: show(users, username),
    })),
    "GET users/current": route({}, {}, () => ({ is_basic_auth: true, user: show(users, users.caller) })),
  };
}

function show({ names, plain }: Users, username: string): object {
  const index = names.indexOf(username);
  if (index < 0) throw new Fault("RESOURCE_DOES_NOT_EXIST", `User with username=${username} not found`);
  return { id: index + 1, is_admin: !plain.has(username), username };
}
