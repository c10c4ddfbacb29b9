import { type Asking, BatchQueue, type BatchReport, type QueueLimits } from "../batching/batch-queue.ts";

/** Rows of many callers that are searched for together, where their options are the same: translations, transcripts. */
export class SearchQueue<Row, Options extends object, Answer> {
  readonly #queue: BatchQueue<{ row: Row; options: Options }, Answer>;
  readonly #stepsOf: (row: Row) => number;

  /** `search` answers rows as it answers each alone; `stepsOf` is a row's length, for the limits. */
  constructor(
    search: (rows: readonly Row[], options: Options) => Promise<readonly Answer[]>,
    stepsOf: (row: Row) => number,
    limits: QueueLimits,
    report?: (batch: BatchReport) => void,
  ) {
    this.#stepsOf = stepsOf;
    const run = (batch: readonly { row: Row; options: Options }[]) =>
      search(
        batch.map(({ row }) => row),
        batch[0].options,
      );
    this.#queue = new BatchQueue(run, limits, report);
  }

  /** An answer for each row. */
  ask(rows: readonly Row[], options: Options, asking: Asking): Promise<Answer[]> {
    const bucket = JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
    const units = rows.map((row) => ({ row: { row, options }, bucket, steps: this.#stepsOf(row) }));
    return this.#queue.ask(units, asking);
  }

  /** Computes what another queue computed lately; see `BatchQueue`. */
  warmAs(other: SearchQueue<Row, Options, Answer>): Promise<void> {
    return this.#queue.warmAs(other.#queue);
  }

  /** Steps that wait. */
  get waiting(): number {
    return this.#queue.waiting;
  }
}
