import type { Call, Nothing, Repeatable } from "./call.ts";
import type { Permission, Role, RoleAssignment, RolePermission, User, UserPermission } from "./entities.ts";

/** What a permission is about, `resource_type` as in `experiment` or `registered_model`. */
export interface UserResource {
  username: string;
  resource_type: string;
  /** An id, or a name for what has no id. */
  resource_id: string;
}

type Permissions = { is_admin: boolean; permissions: UserPermission[] };

/** Users, permissions and roles: only on a server with `--app-name basic-auth`. */
export interface UserRoutes {
  /** Makes a user. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST mlflow/users/create": Call<{ username: string; password: string }, { user: User }, false>;
  /** Reads a user. Repeatable: it reads. */
  "GET mlflow/users/get": Call<{ username: string }, { user: User }, true>;
  /** Lists the users with the roles that the caller may see. Repeatable: it reads. */
  "GET mlflow/users/list": Call<Nothing, { users: (User & { roles: Role[] })[] }, true>;
  /** Reads who the caller is. Repeatable: it reads. */
  "GET mlflow/users/current": Call<Nothing, { user: User; is_basic_auth: boolean }, true>;
  /** Changes a password. Not to be repeated: for one's own, the current password is another then. */
  "PATCH mlflow/users/update-password": Call<
    {
      username: string;
      password: string;
      /** Needed for one's own. */
      current_password?: string;
    },
    Nothing,
    false
  >;
  /** Makes a user an administrator, or not. Repeatable: the value is replaced. */
  "PATCH mlflow/users/update-admin": Call<{ username: string; is_admin: boolean }, Nothing, true>;
  /** Removes a user. Not to be repeated: the name is unknown then. */
  "DELETE mlflow/users/delete": Call<{ username: string }, Nothing, false>;
  /** Gives a user a permission. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST /api/3.0/mlflow/users/permissions/grant": Call<UserResource & { permission: Permission }, Nothing, false>;
  /** Takes a permission from a user. Not to be repeated: there is none to take then. */
  "POST /api/3.0/mlflow/users/permissions/revoke": Call<UserResource, Nothing, false>;
  /** Reads what a user may do in the end. Repeatable: it reads. */
  "GET /api/3.0/mlflow/users/permissions/get": Call<
    UserResource,
    {
      /** Whether the user may use it; reading alone is not enough. */
      allowed: boolean;
      permission: Permission;
    },
    true
  >;
  /** Lists the permissions of a user. Repeatable: it reads. */
  "GET /api/3.0/mlflow/users/permissions/list": Call<{ username: string }, Permissions, true>;
  /** Lists the permissions of the caller. Repeatable: it reads. */
  "GET /api/3.0/mlflow/users/current/permissions": Call<Nothing, Permissions, true>;
  /** Makes a role. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST /api/3.0/mlflow/roles/create": Call<
    {
      name: string;
      /** `default` on a server without workspaces. */
      workspace: string;
      description?: string;
    },
    { role: Role },
    false
  >;
  /** Reads a role. Repeatable: it reads. */
  "GET /api/3.0/mlflow/roles/get": Call<{ role_id: number }, { role: Role }, true>;
  /** Lists the roles of workspaces; of all, for an administrator. Repeatable: it reads. */
  "GET /api/3.0/mlflow/roles/list": Call<{ workspace?: string[] }, { roles: Role[] }, true>;
  /** Changes name and description of a role. Repeatable: the values are replaced. */
  "PATCH /api/3.0/mlflow/roles/update": Call<
    { role_id: number; name?: string; description?: string },
    { role: Role },
    true
  >;
  /** Removes a role. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/roles/delete": Call<{ role_id: number }, Nothing, false>;
  /** Adds a permission to a role. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST /api/3.0/mlflow/roles/permissions/add": Call<
    { role_id: number; resource_type: string; resource_pattern: string; permission: Permission },
    { role_permission: RolePermission },
    false
  >;
  /** Lists the permissions of a role. Repeatable: it reads. */
  "GET /api/3.0/mlflow/roles/permissions/list": Call<{ role_id: number }, { role_permissions: RolePermission[] }, true>;
  /** Changes a permission of a role. Repeatable: the value is replaced. */
  "PATCH /api/3.0/mlflow/roles/permissions/update": Call<
    { role_permission_id: number; permission: Permission },
    { role_permission: RolePermission },
    true
  >;
  /** Takes a permission from a role. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/roles/permissions/remove": Call<{ role_permission_id: number }, Nothing, false>;
  /** Gives a user a role. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST /api/3.0/mlflow/roles/assign": Call<
    { username: string; role_id: number },
    { assignment: RoleAssignment },
    false
  >;
  /** Takes a role from a user. Not to be repeated: there is none to take then. */
  "DELETE /api/3.0/mlflow/roles/unassign": Call<{ username: string; role_id: number }, Nothing, false>;
  /** Lists the roles of a user. Repeatable: it reads. */
  "GET /api/3.0/mlflow/users/roles/list": Call<{ username: string }, { roles: Role[] }, true>;
  /** Lists who has a role. Repeatable: it reads. */
  "GET /api/3.0/mlflow/roles/users/list": Call<{ role_id: number }, { assignments: RoleAssignment[] }, true>;
}

export const userRoutes: Repeatable<UserRoutes> = {
  "POST mlflow/users/create": false,
  "GET mlflow/users/get": true,
  "GET mlflow/users/list": true,
  "GET mlflow/users/current": true,
  "PATCH mlflow/users/update-password": false,
  "PATCH mlflow/users/update-admin": true,
  "DELETE mlflow/users/delete": false,
  "POST /api/3.0/mlflow/users/permissions/grant": false,
  "POST /api/3.0/mlflow/users/permissions/revoke": false,
  "GET /api/3.0/mlflow/users/permissions/get": true,
  "GET /api/3.0/mlflow/users/permissions/list": true,
  "GET /api/3.0/mlflow/users/current/permissions": true,
  "POST /api/3.0/mlflow/roles/create": false,
  "GET /api/3.0/mlflow/roles/get": true,
  "GET /api/3.0/mlflow/roles/list": true,
  "PATCH /api/3.0/mlflow/roles/update": true,
  "DELETE /api/3.0/mlflow/roles/delete": false,
  "POST /api/3.0/mlflow/roles/permissions/add": false,
  "GET /api/3.0/mlflow/roles/permissions/list": true,
  "PATCH /api/3.0/mlflow/roles/permissions/update": true,
  "DELETE /api/3.0/mlflow/roles/permissions/remove": false,
  "POST /api/3.0/mlflow/roles/assign": false,
  "DELETE /api/3.0/mlflow/roles/unassign": false,
  "GET /api/3.0/mlflow/users/roles/list": true,
  "GET /api/3.0/mlflow/roles/users/list": true,
};
