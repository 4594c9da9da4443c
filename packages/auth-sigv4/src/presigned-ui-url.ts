export type PresignedUiUrlOptions = {};
export async function presignedUiUrl(_options: PresignedUiUrlOptions): Promise<URL> {
  throw new Error("todo");
}
