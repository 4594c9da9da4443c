import type { Options } from "tsup";

/** What every package's build shares: both module systems, shared chunks, declarations. */
export const base = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  target: "node20",
  splitting: true,
  dts: true,
  clean: true,
  removeNodeProtocol: false,
} satisfies Options;
