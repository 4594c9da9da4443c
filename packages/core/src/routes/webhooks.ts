import type { Call, NextPage, Nothing, Page, Repeatable } from "./call.ts";
import type { Webhook, WebhookEvent, WebhookStatus } from "./entities.ts";

/** What a webhook is made of. */
export interface WebhookInput {
  name: string;
  url: string;
  events: WebhookEvent[];
  description?: string;
  /** Signs the deliveries (HMAC). Never given back. */
  secret?: string;
  /** Default `ACTIVE`. */
  status?: WebhookStatus;
}

export interface WebhookRoutes {
  /** Makes a webhook. Not to be repeated: each call makes another one. */
  "POST mlflow/webhooks": Call<WebhookInput, { webhook: Webhook }, false>;
  /** Lists webhooks. Repeatable: it reads. */
  "GET mlflow/webhooks": Call<Page, NextPage & { webhooks?: Webhook[] }, true>;
  /** Reads a webhook. Repeatable: it reads. */
  "GET mlflow/webhooks/{webhook_id}": Call<{ webhook_id: string }, { webhook: Webhook }, true>;
  /** Changes a webhook. Repeatable: the values are replaced. */
  "PATCH mlflow/webhooks/{webhook_id}": Call<
    Partial<WebhookInput> & { webhook_id: string },
    { webhook: Webhook },
    true
  >;
  /** Removes a webhook. Not to be repeated: it is unknown then. */
  "DELETE mlflow/webhooks/{webhook_id}": Call<{ webhook_id: string }, Nothing, false>;
  /** Sends an example to a webhook. Not to be repeated: each call is a delivery. */
  "POST mlflow/webhooks/{webhook_id}/test": Call<
    { webhook_id: string; event?: WebhookEvent },
    {
      result: { success: boolean; response_status?: number; response_body?: string; error_message?: string };
    },
    false
  >;
}

export const webhookRoutes: Repeatable<WebhookRoutes> = {
  "POST mlflow/webhooks": false,
  "GET mlflow/webhooks": true,
  "GET mlflow/webhooks/{webhook_id}": true,
  "PATCH mlflow/webhooks/{webhook_id}": true,
  "DELETE mlflow/webhooks/{webhook_id}": false,
  "POST mlflow/webhooks/{webhook_id}/test": false,
};
