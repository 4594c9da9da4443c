import { AuthError, type Awaitable } from "@mlflow-kit/core";

/** One consistent set of AWS credentials; AWS's own `AwsCredentialIdentity` fits. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** Useless from here on. Absent: good for ever. */
  readonly expiration?: Date;
}

/**
 * A function that gives credentials; every provider of `@aws-sdk/credential-providers` is one. It is asked when
 * credentials are first needed and again before they expire; `forceRefresh` asks it to look past its own cache.
 */
export type AwsCredentialProvider = (options?: { forceRefresh?: boolean }) => Awaitable<AwsCredentials>;

const visible = /^[\x21-\x7e]+$/;

/**
 * A copy of what a signature needs, so that a set that changes meanwhile is never mixed.
 *
 * @throws AuthError `ERR_AUTH_INCOMPLETE` for half a pair, `ERR_AUTH_INVALID` for what cannot be a key; no value is shown.
 */
export function checkCredentials(given: unknown, origin: string): AwsCredentials {
  if (typeof given !== "object" || given === null) {
    throw new AuthError("ERR_AUTH_INVALID", `sigv4: ${origin} gave no credentials`, {
      hint: "Credentials are { accessKeyId, secretAccessKey, sessionToken?, expiration? }.",
    });
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = given as Partial<AwsCredentials>;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken })) {
    if (name === "sessionToken" && (value === undefined || value === "")) continue;
    if (value === undefined || value === "") {
      throw new AuthError("ERR_AUTH_INCOMPLETE", `sigv4: ${origin} has no ${name}`, {
        hint: "Give accessKeyId and secretAccessKey together; nothing is completed from elsewhere.",
      });
    }
    if (typeof value !== "string" || !visible.test(value)) {
      throw new AuthError("ERR_AUTH_INVALID", `sigv4: ${name} of ${origin} cannot be an AWS key`, {
        hint: "It holds white space, a line end or something else that no AWS key has; copy it again.",
      });
    }
  }
  if (expiration !== undefined && !(expiration instanceof Date && Number.isFinite(expiration.getTime()))) {
    throw new AuthError("ERR_AUTH_INVALID", `sigv4: expiration of ${origin} is not a date`);
  }
  return {
    accessKeyId: accessKeyId as string,
    secretAccessKey: secretAccessKey as string,
    ...(sessionToken ? { sessionToken } : {}),
    ...(expiration ? { expiration } : {}),
  };
}
