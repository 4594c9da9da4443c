export type { AwsCredentialProvider, AwsCredentials } from "./credentials.ts";
export { type PresignedUiUrlOptions, presignedUiUrl } from "./presigned-ui-url.ts";
export { type Sigv4Options, sigv4 } from "./sigv4.ts";
