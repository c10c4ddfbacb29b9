/** Labels of one series of a metric. */
type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly bounds: readonly number[];
  /** By the values of their labels. `buckets`: values up to a bound and above the one before. */
  readonly series: Map<string, { labels: Labels; value: number; count: number; buckets: number[] }>;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const described = {
  cellstate_requests_total: ["counter", "Requests answered, by route and status."],
  cellstate_request_seconds: ["histogram", "Time from the request to the end of its answer.", seconds],
  cellstate_queue_seconds: ["histogram", "Time that the oldest row of a batch waited.", seconds],
  cellstate_compute_seconds: ["histogram", "Time that a batch was computed.", seconds],
  cellstate_batch_rows: ["histogram", "Rows of a batch.", [1, 2, 4, 8, 16, 32, 64, 128]],
  cellstate_batch_steps_total: ["counter", "Steps computed in batches, padding among them."],
  cellstate_padding_steps_total: ["counter", "Steps of batches that were padding."],
  cellstate_first_token_seconds: ["histogram", "Time to the first token of a text.", seconds],
  cellstate_tokens_total: ["counter", "Tokens written."],
  cellstate_queue_steps: ["gauge", "Rows times padded steps that wait."],
  cellstate_active_requests: ["gauge", "Requests under way."],
  cellstate_sequences: ["gauge", "Sequences whose states are kept."],
  cellstate_event_loop_delay_seconds: [
    "histogram",
    "Time that the event loop came late, asked ten times a second.",
    seconds,
  ],
  cellstate_reloads_total: ["counter", "Models loaded again, by result."],
  cellstate_refused_total: ["counter", "Requests refused before any work, by reason."],
} as const satisfies Readonly<Record<string, readonly [Metric["kind"], string, (readonly number[])?]>>;

/** The name of a metric. */
export type MetricName = keyof typeof described;

/** Counts, sizes and times of a server, written in the text format of Prometheus. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  constructor() {
    for (const [name, [kind, help, bounds = []]] of Object.entries(described) as [
      string,
      readonly [Metric["kind"], string, (readonly number[])?],
    ][])
      this.#metrics.set(name, { kind, help, bounds, series: new Map() });
  }

  /** Counts up. */
  add(name: MetricName, labels: Labels = {}, by = 1): void {
    this.#at(name, labels).value += by;
  }

  /** Notes the value it has now. */
  set(name: MetricName, labels: Labels, value: number): void {
    this.#at(name, labels).value = value;
  }

  /** One more value of a histogram. */
  observe(name: MetricName, labels: Labels, value: number): void {
    const at = this.#at(name, labels);
    const { bounds } = this.#metrics.get(name)!;
    at.value += value;
    at.count++;
    let k = 0;
    while (k < bounds.length && value > bounds[k]) k++;
    if (k < bounds.length) at.buckets[k]++;
  }

  /** All of them, as Prometheus reads them. */
  toString(): string {
    const lines: string[] = [];
    for (const [name, { kind, help, bounds, series }] of this.#metrics) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const { labels, value, count, buckets } of series.values()) {
        if (kind !== "histogram") lines.push(`${name}${written(labels)} ${value}`);
        else {
          let below = 0;
          for (const [k, bound] of bounds.entries()) {
            below += buckets[k];
            lines.push(`${name}_bucket${written({ ...labels, le: String(bound) })} ${below}`);
          }
          lines.push(`${name}_bucket${written({ ...labels, le: "+Inf" })} ${count}`);
          lines.push(`${name}_sum${written(labels)} ${value}`, `${name}_count${written(labels)} ${count}`);
        }
      }
    }
    return `${lines.join("\n")}\n`;
  }

  #at(name: MetricName, labels: Labels) {
    const { series, bounds } = this.#metrics.get(name)!;
    let key = ""; // a metric's labels have the same names in the same order each time
    for (const name in labels) key += `${labels[name]}\n`;
    const found = series.get(key);
    if (found) return found;
    const made = { labels, value: 0, count: 0, buckets: bounds.map(() => 0) };
    series.set(key, made);
    return made;
  }
}

const written = (labels: Labels): string => {
  const parts = Object.entries(labels).map(
    ([name, text]) => `${name}="${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`,
  );
  return parts.length > 0 ? `{${parts.join(",")}}` : "";
};
