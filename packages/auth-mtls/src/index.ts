export { type MtlsOptions, mtls } from "./mtls.ts";
