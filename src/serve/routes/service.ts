import type { Answer } from "../http/exchange.ts";
import { json, ownError, plainError, type Route, type Serving } from "./route.ts";

const text = (said: string, status = 200, type = "text/plain; charset=utf-8"): Answer => ({
  status,
  headers: { "Content-Type": type, "Cache-Control": "no-store" },
  body: said,
});

/** All metrics, with those that are what they are now. */
export function metricsOf({ metrics, sequences, active, names, model }: Serving): string {
  for (const name of names()) metrics.set("cellstate_queue_steps", { model: name }, model(name).waiting);
  metrics.set("cellstate_sequences", {}, sequences.size);
  metrics.set("cellstate_active_requests", {}, active);
  return String(metrics);
}

/** Probes, metrics, the list of models. None waits for a model. */
export const service: readonly Route[] = [
  ...["/healthz", "/v2/health/live"].map(
    (path): Route => ({
      method: "GET",
      path,
      summary: "Whether the process lives.",
      open: true,
      errors: plainError,
      answer: () => text("ok\n"),
    }),
  ),
  ...["/readyz", "/v2/health/ready"].map(
    (path): Route => ({
      method: "GET",
      path,
      summary: "Whether requests are answered: 503 while the server stops.",
      open: true,
      errors: plainError,
      answer: ({ serving }) => (serving.ready ? text("ready\n") : text("stopping\n", 503)),
    }),
  ),
  {
    method: "GET",
    path: "/metrics",
    summary: "Metrics in the text format of Prometheus.",
    errors: plainError,
    answer: ({ serving }) => text(metricsOf(serving), 200, "text/plain; version=0.0.4; charset=utf-8"),
  },
  {
    method: "GET",
    path: "/models",
    summary: "The models: name, kind, and what each answers to.",
    errors: ownError,
    answer: ({ serving }) => {
      const about = (name: string) => {
        const { kind, verbs, model } = serving.model(name);
        const inputs = (model.inputs ?? []).map(({ name, shape, dtype }) => ({ name, shape, dtype }));
        return { name, kind, answers: verbs.split(", "), inputs };
      };
      return json({ models: serving.names().map(about) });
    },
  },
];
