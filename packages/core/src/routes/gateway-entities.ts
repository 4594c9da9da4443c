import type { KeyValue, Scorer } from "./entities.ts";

/** How an endpoint shares its requests among its models. */
export type RoutingStrategy = "REQUEST_BASED_TRAFFIC_SPLIT";

/** A provider's key, as far as the server tells. Times are epoch milliseconds. */
export interface GatewaySecret {
  secret_id: string;
  secret_name: string;
  /** Like `{ api_key: "sk-...abcd" }`. */
  masked_values?: Record<string, string>;
  provider?: string;
  auth_config?: Record<string, string>;
  created_at: number;
  last_updated_at: number;
  created_by?: string;
  last_updated_by?: string;
}

/** A provider's model, and the secret for it. Times are epoch milliseconds. */
export interface GatewayModel {
  model_definition_id: string;
  name: string;
  secret_id?: string;
  secret_name?: string;
  provider: string;
  model_name: string;
  created_at: number;
  last_updated_at: number;
  created_by?: string;
  last_updated_by?: string;
}

/** A model of an endpoint, and its share. */
export interface EndpointModel {
  model_definition_id: string;
  /** Default `PRIMARY`. */
  linkage_type?: "PRIMARY" | "FALLBACK";
  /** Share of the requests, 0 to 1. */
  weight?: number;
  fallback_order?: number;
}

/** A model of an endpoint, as kept. Times are epoch milliseconds. */
export interface EndpointMapping extends EndpointModel {
  mapping_id: string;
  endpoint_id: string;
  model_definition?: GatewayModel;
  created_at: number;
  created_by?: string;
}

/** An address that answers with models. Times are epoch milliseconds. */
export interface GatewayEndpoint {
  endpoint_id: string;
  name: string;
  created_at: number;
  last_updated_at: number;
  created_by?: string;
  last_updated_by?: string;
  model_mappings?: EndpointMapping[];
  tags?: KeyValue[];
  routing_strategy?: RoutingStrategy;
  fallback_config?: { strategy?: "SEQUENTIAL"; max_attempts?: number };
  experiment_id?: string;
  usage_tracking?: boolean;
}

/** A resource that uses an endpoint. Times are epoch milliseconds. */
export interface EndpointBinding {
  endpoint_id: string;
  resource_type: string;
  resource_id: string;
  display_name?: string;
  created_at: number;
  last_updated_at: number;
  created_by?: string;
  last_updated_by?: string;
}

/** A limit to what may be spent in a time. Times are epoch milliseconds. */
export interface BudgetPolicy {
  budget_policy_id: string;
  budget_unit: "USD";
  budget_amount: number;
  duration: { unit: "MINUTES" | "HOURS" | "DAYS" | "WEEKS" | "MONTHS"; value: number };
  target_scope: "GLOBAL" | "WORKSPACE" | "ENDPOINT" | "USER";
  budget_action: "ALERT" | "REJECT";
  target_value?: string;
  created_at: number;
  last_updated_at: number;
  created_by?: string;
  last_updated_by?: string;
}

/** A check of questions or answers. Times are epoch milliseconds. */
export interface GatewayGuardrail {
  guardrail_id: string;
  name: string;
  scorer?: Scorer;
  stage: "BEFORE" | "AFTER";
  action: "VALIDATION" | "SANITIZATION";
  action_endpoint_id?: string;
  created_at: number;
  last_updated_at: number;
  created_by?: string;
  last_updated_by?: string;
}

/** A guardrail of an endpoint, and when its turn is. Times are epoch milliseconds. */
export interface GuardrailConfig {
  endpoint_id: string;
  guardrail_id: string;
  execution_order?: number;
  created_at: number;
  created_by?: string;
  guardrail?: GatewayGuardrail;
}
