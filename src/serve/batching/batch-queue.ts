import { CellstateError, counted, DataError, fault } from "../../errors.ts";
import { onAbort } from "../load/on-abort.ts";

/** One row that waits, with the length of the batch it belongs in. */
export interface Unit<Row> {
  readonly row: Row;
  /** Rows of one bucket can be computed together. */
  readonly bucket: string;
  /** Steps the row takes in a batch, its padding counted. */
  readonly steps: number;
  /** Steps without padding. Default: `steps`. */
  readonly own?: number;
}

/** Limits of a queue; see `BatchingOptions`. */
export interface QueueLimits {
  readonly maxRows: number;
  readonly maxSteps: number;
  readonly maxWaiting: number;
}

/** A batch that has been computed. */
export interface BatchReport {
  /** Rows computed together. */
  readonly rows: number;
  /** Rows times padded steps. */
  readonly steps: number;
  /** Those of them that are padding, as far as the queue knows: texts filled up to the length that a model reads. */
  readonly padding: number;
  /** Time that its oldest row had waited, in seconds. */
  readonly waited: number;
  /** Time that it was computed for, in seconds. */
  readonly computed: number;
}

/** A question to a queue, beside its rows. */
export interface Asking {
  /** Takes its rows out of the queue. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the first of its rows leaves the queue to be computed. */
  readonly begun?: (() => void) | undefined;
}

interface Job<Answer> {
  readonly answers: Answer[];
  left: number;
  over: boolean;
  begun(): void;
  resolve(answers: Answer[]): void;
  reject(reason: unknown): void;
}

interface Waiting<Row, Answer> extends Unit<Row> {
  readonly own: number;
  readonly job: Job<Answer>;
  readonly place: number;
  readonly since: number; // ms
}

const kinds = 64; // of batches that are remembered
const long = 2000; // steps of a row that is not remembered: it is memory

/**
 * Rows of many callers, computed together. Where nothing runs, the first is computed at once; what comes meanwhile gathers by
 * bucket, the oldest first, in batches of 1, 2, 4, 8 ... rows: each size of a batch is a program of its own, so there are few.
 */
export class BatchQueue<Row, Answer> {
  readonly #run: (rows: readonly Row[]) => Promise<readonly Answer[]>;
  readonly #limits: QueueLimits;
  readonly #report: (batch: BatchReport) => void;
  readonly #buckets = new Map<string, Waiting<Row, Answer>[]>();
  /** Batches computed lately, one of each bucket and number of rows: the least lately first. */
  readonly #seen = new Map<string, { readonly row: Row; readonly rows: number }>();
  #running = false;
  #steps = 0;

  constructor(
    run: (rows: readonly Row[]) => Promise<readonly Answer[]>,
    limits: QueueLimits,
    report: (batch: BatchReport) => void = () => {},
  ) {
    this.#run = run;
    this.#limits = limits;
    this.#report = report;
  }

  /** Padded steps that wait. */
  get waiting(): number {
    return this.#steps;
  }

  /** An answer for each row. Rejects with DataError (`CELLSTATE_BUSY`) where too much waits, and with the reason of an aborted signal. */
  ask(units: readonly Unit<Row>[], { signal, begun = () => {} }: Asking = {}): Promise<Answer[]> {
    signal?.throwIfAborted();
    const asked = units.reduce((sum, { steps }) => sum + steps, 0);
    // A single question that is larger than the queue is answered where nothing waits.
    if (this.#steps > 0 && this.#steps + asked > this.#limits.maxWaiting) throw busy(this.#steps);
    return new Promise((resolve, reject) => {
      const job: Job<Answer> = { answers: [], left: units.length, over: false, begun, resolve, reject };
      const since = performance.now();
      for (let place = 0; place < units.length; place++) {
        const { row, bucket, steps, own = steps } = units[place];
        const waiting = { row, bucket, steps, own, job, place, since };
        const list = this.#buckets.get(bucket);
        if (list) list.push(waiting);
        else this.#buckets.set(bucket, [waiting]);
      }
      this.#steps += asked;
      if (signal) this.#leaveWhenAborted(job, signal);
      if (!this.#running) void this.#work();
    });
  }

  /**
   * Computes a batch of each kind that another queue computed lately, so that the first of them finds what it needs made. What fails is left
   * out: the rows are of another model.
   */
  async warmAs(other: BatchQueue<Row, Answer>): Promise<void> {
    for (const [key, { row, rows }] of [...other.#seen]) {
      const done = this.#run(Array<Row>(rows).fill(row)).then(
        () => true,
        () => false,
      );
      if (await done) this.#seen.set(key, { row, rows });
    }
  }

  #leaveWhenAborted(job: Job<Answer>, signal: AbortSignal): void {
    const leave = () => {
      if (job.over) return;
      for (const [bucket, list] of this.#buckets) {
        const kept = list.filter((unit) => unit.job !== job);
        for (const { steps } of list.filter((unit) => unit.job === job)) this.#steps -= steps;
        if (kept.length > 0) this.#buckets.set(bucket, kept);
        else this.#buckets.delete(bucket);
      }
      end(job, () => job.reject(signal.reason));
    };
    const takeBack = onAbort(signal, leave);
    const { resolve, reject } = job;
    job.resolve = (answers) => {
      takeBack();
      resolve(answers);
    };
    job.reject = (reason) => {
      takeBack();
      reject(reason);
    };
  }

  async #work(): Promise<void> {
    this.#running = true;
    await null; // what is asked in the same turn of the event loop comes along
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) await this.#answer(batch);
    this.#running = false;
  }

  /** The rows of the bucket whose first row has waited longest; as many as make a power of two. */
  #next(): Waiting<Row, Answer>[] {
    let oldest: Waiting<Row, Answer>[] | null = null;
    for (const list of this.#buckets.values()) if (!oldest || list[0].since < oldest[0].since) oldest = list;
    if (!oldest) return [];
    const { steps, bucket } = oldest[0];
    const { maxRows, maxSteps } = this.#limits;
    const most = Math.max(1, Math.min(oldest.length, maxRows, Math.floor(maxSteps / steps)));
    const batch = oldest.splice(0, 2 ** Math.floor(Math.log2(most)));
    if (oldest.length === 0) this.#buckets.delete(bucket);
    for (const { steps, job } of batch) {
      this.#steps -= steps;
      job.begun();
    }
    return batch;
  }

  async #answer(batch: readonly Waiting<Row, Answer>[]): Promise<void> {
    const begun = performance.now();
    try {
      const answers = await this.#run(batch.map(({ row }) => row));
      const [{ since, bucket, row }] = batch;
      const steps = batch.length * Math.max(...batch.map((unit) => unit.steps));
      const padding = steps - batch.reduce((sum, unit) => sum + unit.own, 0);
      this.#remember(`${bucket} ${batch.length}`, { row, rows: batch.length }, steps / batch.length);
      const seconds = (from: number, to: number) => (to - from) / 1000;
      const computed = seconds(begun, performance.now());
      this.#report({ rows: batch.length, steps, padding, waited: seconds(since, begun), computed });
      for (const [k, { job, place }] of batch.entries()) {
        job.answers[place] = answers[k];
        if (--job.left === 0) end(job, () => job.resolve(job.answers));
      }
    } catch (error) {
      await this.#apart(batch, error);
    }
  }

  #remember(key: string, one: { readonly row: Row; readonly rows: number }, steps: number): void {
    if (steps > long) return;
    this.#seen.delete(key);
    this.#seen.set(key, one);
    if (this.#seen.size > kinds) this.#seen.delete(this.#seen.keys().next().value!);
  }

  /** A row that cannot be answered spoils no other's answer: the questions of a batch that failed are asked one by one. */
  async #apart(batch: readonly Waiting<Row, Answer>[], error: unknown): Promise<void> {
    const jobs = [...new Set(batch.map(({ job }) => job))];
    if (jobs.length > 1 && error instanceof CellstateError) {
      for (const job of jobs) await this.#answer(batch.filter((unit) => unit.job === job));
      return;
    }
    for (const job of jobs) end(job, () => job.reject(error));
  }
}

function end(job: Job<unknown>, say: () => void): void {
  if (job.over) return;
  job.over = true;
  say();
}

const busy = (steps: number): DataError => {
  const next = "Ask again in a moment, or less at once.";
  return new DataError(
    fault("batched", `too much waits already: ${counted(steps, "step")}`, next).as("CELLSTATE_BUSY"),
  );
};
