import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type {
  BudgetPolicy,
  EndpointBinding,
  EndpointMapping,
  EndpointModel,
  GatewayEndpoint,
  GatewayGuardrail,
  GatewayModel,
  GatewaySecret,
  GuardrailConfig,
  RoutingStrategy,
} from "./gateway-entities.ts";

interface Binding {
  endpoint_id: string;
  resource_type: string;
  resource_id: string;
}

interface Budget {
  budget_unit: "USD";
  budget_amount: number;
  duration: { unit: "MINUTES" | "HOURS" | "DAYS" | "WEEKS" | "MONTHS"; value: number };
  target_scope: "GLOBAL" | "WORKSPACE" | "ENDPOINT" | "USER";
  budget_action: "ALERT" | "REJECT";
  /** Which endpoint or user, for a scope that needs it. */
  target_value?: string;
}

interface Endpoint {
  name: string;
  model_configs: EndpointModel[];
  routing_strategy?: RoutingStrategy;
  fallback_config?: { strategy?: "SEQUENTIAL"; max_attempts?: number };
  experiment_id?: string;
  usage_tracking?: boolean;
}

/** What the server's gateway to language models is made of: secrets, models, endpoints, budgets, guardrails. */
export interface GatewayRoutes {
  /** Stores a provider's key. Not to be repeated: a name is used once. */
  "POST /api/3.0/mlflow/gateway/secrets/create": Call<
    {
      secret_name: string;
      /** Fields by name, as the provider wants them: `{ api_key: "…" }`. Never given back. */
      secret_value: Record<string, string>;
      provider?: string;
      auth_config?: Record<string, string>;
      created_by?: string;
    },
    { secret: GatewaySecret },
    false
  >;
  /** Reads what is known of a secret, the value masked. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/secrets/get": Call<{ secret_id: string }, { secret: GatewaySecret }, true>;
  /** Replaces a secret. Repeatable: the value is replaced. */
  "POST /api/3.0/mlflow/gateway/secrets/update": Call<
    {
      secret_id: string;
      secret_value?: Record<string, string>;
      auth_config?: Record<string, string>;
      updated_by?: string;
    },
    { secret: GatewaySecret },
    true
  >;
  /** Removes a secret. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/gateway/secrets/delete": Call<{ secret_id: string }, Nothing, false>;
  /** Lists secrets, the values masked. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/secrets/list": Call<{ provider?: string }, { secrets?: GatewaySecret[] }, true>;

  /** Names a provider's model and the secret for it. Not to be repeated: a name is used once. */
  "POST /api/3.0/mlflow/gateway/model-definitions/create": Call<
    { name: string; secret_id: string; provider: string; model_name: string; created_by?: string },
    { model_definition: GatewayModel },
    false
  >;
  /** Reads a model definition. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/model-definitions/get": Call<
    { model_definition_id: string },
    { model_definition: GatewayModel },
    true
  >;
  /** Lists model definitions. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/model-definitions/list": Call<
    { provider?: string; secret_id?: string },
    { model_definitions?: GatewayModel[] },
    true
  >;
  /** Changes a model definition. Repeatable: the values are replaced. */
  "POST /api/3.0/mlflow/gateway/model-definitions/update": Call<
    {
      model_definition_id: string;
      name?: string;
      secret_id?: string;
      provider?: string;
      model_name?: string;
      updated_by?: string;
    },
    { model_definition: GatewayModel },
    true
  >;
  /** Removes a model definition. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/gateway/model-definitions/delete": Call<{ model_definition_id: string }, Nothing, false>;

  /** Makes an endpoint that answers with models. Not to be repeated: a name is used once. */
  "POST /api/3.0/mlflow/gateway/endpoints/create": Call<
    Endpoint & { created_by?: string },
    { endpoint: GatewayEndpoint },
    false
  >;
  /** Reads an endpoint, by id or by name. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/endpoints/get": Call<
    { endpoint_id?: string; name?: string },
    { endpoint: GatewayEndpoint },
    true
  >;
  /** Changes an endpoint. Repeatable: the values are replaced. */
  "POST /api/3.0/mlflow/gateway/endpoints/update": Call<
    Partial<Endpoint> & { endpoint_id: string; updated_by?: string },
    { endpoint: GatewayEndpoint },
    true
  >;
  /** Removes an endpoint. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/gateway/endpoints/delete": Call<{ endpoint_id: string }, Nothing, false>;
  /** Lists endpoints. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/endpoints/list": Call<
    { provider?: string; secret_id?: string },
    { endpoints?: GatewayEndpoint[] },
    true
  >;
  /** Adds a model to an endpoint. Not to be repeated: the second call fails with `RESOURCE_ALREADY_EXISTS`. */
  "POST /api/3.0/mlflow/gateway/endpoints/models/attach": Call<
    { endpoint_id: string; model_config: EndpointModel; created_by?: string },
    { mapping: EndpointMapping },
    false
  >;
  /** Takes a model from an endpoint. Not to be repeated: it is unknown there then. */
  "POST /api/3.0/mlflow/gateway/endpoints/models/detach": Call<
    { endpoint_id: string; model_definition_id: string },
    Nothing,
    false
  >;
  /** Ties a resource to an endpoint. Not to be repeated: they are tied once. */
  "POST /api/3.0/mlflow/gateway/endpoints/bindings/create": Call<
    Binding & { created_by?: string },
    { binding: EndpointBinding },
    false
  >;
  /** Unties a resource from an endpoint. Not to be repeated: it is unknown there then. */
  "DELETE /api/3.0/mlflow/gateway/endpoints/bindings/delete": Call<Binding, Nothing, false>;
  /** Lists what is tied to endpoints. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/endpoints/bindings/list": Call<Partial<Binding>, { bindings?: EndpointBinding[] }, true>;
  /** Sets a tag of an endpoint. Repeatable: the value is replaced. */
  "POST /api/3.0/mlflow/gateway/endpoints/set-tag": Call<
    { endpoint_id: string; key: string; value: string },
    Nothing,
    true
  >;
  /** Removes a tag of an endpoint. Repeatable: a missing tag is no error. */
  "DELETE /api/3.0/mlflow/gateway/endpoints/delete-tag": Call<{ endpoint_id: string; key: string }, Nothing, true>;

  /** Limits what may be spent in a time. Not to be repeated: each call makes another limit. */
  "POST /api/3.0/mlflow/gateway/budgets/create": Call<
    Budget & { created_by?: string },
    { budget_policy: BudgetPolicy },
    false
  >;
  /** Reads a limit. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/budgets/get": Call<{ budget_policy_id: string }, { budget_policy: BudgetPolicy }, true>;
  /** Changes a limit. Repeatable: the values are replaced. */
  "POST /api/3.0/mlflow/gateway/budgets/update": Call<
    Partial<Budget> & { budget_policy_id: string; updated_by?: string },
    { budget_policy: BudgetPolicy },
    true
  >;
  /** Removes a limit. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/gateway/budgets/delete": Call<{ budget_policy_id: string }, Nothing, false>;
  /** Lists limits. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/budgets/list": Call<Page, NextPage & { budget_policies?: BudgetPolicy[] }, true>;
  /** Lists what was spent of each limit in its present time. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/budgets/windows": Call<
    Nothing,
    {
      windows?: {
        budget_policy_id: string;
        /** Epoch milliseconds. */
        window_start_ms: number;
        /** Epoch milliseconds. */
        window_end_ms: number;
        current_spend: number;
      }[];
    },
    true
  >;

  /** Makes a check of questions or answers from a scorer. Not to be repeated: each call makes another one. */
  "POST /api/3.0/mlflow/gateway/guardrails/create": Call<
    {
      name: string;
      scorer_id: string;
      scorer_version: number;
      stage: "BEFORE" | "AFTER";
      action: "VALIDATION" | "SANITIZATION";
      action_endpoint_id?: string;
    },
    { guardrail: GatewayGuardrail },
    false
  >;
  /** Reads a guardrail. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/guardrails/get": Call<{ guardrail_id: string }, { guardrail: GatewayGuardrail }, true>;
  /** Removes a guardrail. Not to be repeated: it is unknown then. */
  "DELETE /api/3.0/mlflow/gateway/guardrails/delete": Call<{ guardrail_id: string }, Nothing, false>;
  /** Lists guardrails. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/guardrails/list": Call<Page, NextPage & { guardrails?: GatewayGuardrail[] }, true>;
  /** Puts a guardrail before an endpoint. Not to be repeated: it is put there once. */
  "POST /api/3.0/mlflow/gateway/guardrails/add-to-endpoint": Call<
    { endpoint_id: string; guardrail_id: string; execution_order?: number },
    { config: GuardrailConfig },
    false
  >;
  /** Takes a guardrail from an endpoint. Not to be repeated: it is unknown there then. */
  "DELETE /api/3.0/mlflow/gateway/guardrails/remove-from-endpoint": Call<
    { endpoint_id: string; guardrail_id: string },
    Nothing,
    false
  >;
  /** Lists the guardrails of an endpoint. Repeatable: it reads. */
  "GET /api/3.0/mlflow/gateway/guardrails/list-for-endpoint": Call<
    { endpoint_id: string },
    { configs?: GuardrailConfig[] },
    true
  >;
  /** Changes when a guardrail's turn is. Repeatable: the value is replaced. */
  "PATCH /api/3.0/mlflow/gateway/guardrails/update-config": Call<
    { endpoint_id: string; guardrail_id: string; execution_order: number },
    { config: GuardrailConfig },
    true
  >;
}

export const gatewayRoutes: Repeatable<GatewayRoutes> = {
  "POST /api/3.0/mlflow/gateway/secrets/create": false,
  "GET /api/3.0/mlflow/gateway/secrets/get": true,
  "POST /api/3.0/mlflow/gateway/secrets/update": true,
  "DELETE /api/3.0/mlflow/gateway/secrets/delete": false,
  "GET /api/3.0/mlflow/gateway/secrets/list": true,
  "POST /api/3.0/mlflow/gateway/model-definitions/create": false,
  "GET /api/3.0/mlflow/gateway/model-definitions/get": true,
  "GET /api/3.0/mlflow/gateway/model-definitions/list": true,
  "POST /api/3.0/mlflow/gateway/model-definitions/update": true,
  "DELETE /api/3.0/mlflow/gateway/model-definitions/delete": false,
  "POST /api/3.0/mlflow/gateway/endpoints/create": false,
  "GET /api/3.0/mlflow/gateway/endpoints/get": true,
  "POST /api/3.0/mlflow/gateway/endpoints/update": true,
  "DELETE /api/3.0/mlflow/gateway/endpoints/delete": false,
  "GET /api/3.0/mlflow/gateway/endpoints/list": true,
  "POST /api/3.0/mlflow/gateway/endpoints/models/attach": false,
  "POST /api/3.0/mlflow/gateway/endpoints/models/detach": false,
  "POST /api/3.0/mlflow/gateway/endpoints/bindings/create": false,
  "DELETE /api/3.0/mlflow/gateway/endpoints/bindings/delete": false,
  "GET /api/3.0/mlflow/gateway/endpoints/bindings/list": true,
  "POST /api/3.0/mlflow/gateway/endpoints/set-tag": true,
  "DELETE /api/3.0/mlflow/gateway/endpoints/delete-tag": true,
  "POST /api/3.0/mlflow/gateway/budgets/create": false,
  "GET /api/3.0/mlflow/gateway/budgets/get": true,
  "POST /api/3.0/mlflow/gateway/budgets/update": true,
  "DELETE /api/3.0/mlflow/gateway/budgets/delete": false,
  "GET /api/3.0/mlflow/gateway/budgets/list": true,
  "GET /api/3.0/mlflow/gateway/budgets/windows": true,
  "POST /api/3.0/mlflow/gateway/guardrails/create": false,
  "GET /api/3.0/mlflow/gateway/guardrails/get": true,
  "DELETE /api/3.0/mlflow/gateway/guardrails/delete": false,
  "GET /api/3.0/mlflow/gateway/guardrails/list": true,
  "POST /api/3.0/mlflow/gateway/guardrails/add-to-endpoint": false,
  "DELETE /api/3.0/mlflow/gateway/guardrails/remove-from-endpoint": false,
  "GET /api/3.0/mlflow/gateway/guardrails/list-for-endpoint": true,
  "PATCH /api/3.0/mlflow/gateway/guardrails/update-config": true,
};
