/** OpenTelemetry traces into MLflow: the exporter sends by itself, so it asks us for the headers of each export. */
import { basic } from "@mlflow-kit/auth-basic";
import { createClient } from "@mlflow-kit/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";

await using client = createClient({ auth: basic() });
const { baseUrl } = await client.endpoint();
const exporter = new OTLPTraceExporter({
  url: `${baseUrl.href.replace(/\/$/, "")}/v1/traces`,
  headers: async () => ({
    ...(await client.headers()),
    "x-mlflow-experiment-id": process.env.MLFLOW_EXPERIMENT_ID ?? "0",
  }),
});
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

const span = provider.getTracer("example").startSpan("answer");
span.end();
await provider.shutdown();
console.log(`tr-${span.spanContext().traceId}`);
