/** Something that starts when it is first asked for, once, and ends with `close`. */
export interface Lazy<T> {
  (): Promise<T>;
  /** Ends it if it was ever started. */
  close(): Promise<void>;
}

/** Shares one server between the tests of a file: `const mlflow = lazy(startMlflow)`, `afterAll(mlflow.close)`. */
export function lazy<T extends { close(): Promise<void> }>(start: () => Promise<T>): Lazy<T> {
  let started: Promise<T> | undefined;
  const get = () => {
    started ??= start();
    return started;
  };
  return Object.assign(get, {
    close: async () => {
      const server = await started?.catch(() => undefined);
      await server?.close();
    },
  });
}
