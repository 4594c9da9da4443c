import type { Logger } from "./types.ts";

/** Warnings to stderr; decisions too, when `debug` is on. */
export function stderrLogger(debug: boolean): Logger {
  const write = (level: string, message: string) => process.stderr.write(`mlflow-kit ${level}: ${message}\n`);
  return {
    debug: debug ? (message) => void write("debug", message) : () => {},
    warn: (message) => void write("warning", message),
  };
}

/** A logger that passes every message through `clean` first, and each warning once. */
export function guardedLogger(logger: Logger, clean: (text: string) => string): Logger {
  const warned = new Set<string>();
  return {
    debug: (message) => logger.debug(clean(message)),
    warn(message) {
      if (warned.has(message) || warned.size > 1000) return;
      warned.add(message);
      logger.warn(clean(message));
    },
  };
}
