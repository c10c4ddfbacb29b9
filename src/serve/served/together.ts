import { type Carried, carried, type LanguageModel, NdArray, type Session } from "../../index.ts";

/** One text in progress: what its recurrent layers carry, and the token it wants to read. */
interface Writer {
  /** Null: zeros. */
  states: Float32Array[] | null;
  asks: { id: number; resolve(p: Float32Array): void; reject(reason: unknown): void } | null;
}

/** Texts of a round at most. */
export const textsAtOnce = 32;

/** A turn of the event loop. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

/** Texts that are written at the same time, each token of all of them in one step of the model. */
export class Together {
  readonly #task: LanguageModel;
  /** Texts of a round at most. */
  readonly #most: number;
  /** A copy of the model for each number of texts. */
  readonly #copies = new Map<number, Carried>();
  /** Whose states the model holds now. */
  #inside: { copy: Carried; writers: readonly Writer[] } | null = null;
  readonly #asking = new Set<Writer>();
  #running = false;

  private constructor(task: LanguageModel, maxRows: number) {
    this.#task = task;
    this.#most = Math.min(textsAtOnce, maxRows);
  }

  /** Null where each text is written by itself: one row at once is wanted, or the model carries no states and reads its last words again. */
  static of(task: LanguageModel, maxRows: number): Together | null {
    const carries = task.reading.scheme !== "prefixes" || task.options.maskZero === true;
    return carries && maxRows > 1 ? new Together(task, maxRows) : null;
  }

  /** A session of one row; its steps are taken together with those of the others. */
  session(): Session {
    const writer: Writer = { states: null, asks: null };
    const step = (id: number) =>
      new Promise<Float32Array>((resolve, reject) => {
        writer.asks = { id, resolve, reject };
        this.#asking.add(writer);
        if (!this.#running) void this.#work();
      });
    return {
      rows: 1,
      vocabulary: this.#task.model.outputShape!.at(-1)!,
      reset: () => {
        writer.states = null;
      },
      async read(ids, signal) {
        let p: Float32Array = new Float32Array();
        for (const id of ids) {
          signal?.throwIfAborted();
          p = await step(id);
        }
        return p;
      },
      step: (ids) => step(ids[0]),
      reorder: () => {},
    };
  }

  /** Writes a token of as many texts at once as another did: a copy of the model for each number is made. */
  async warmAs(other: Together): Promise<void> {
    for (const rows of [...other.#copies.keys()]) {
      const copy = carried(this.#task.model, rows);
      await copy.model.predictOnBatch(new NdArray(new Int32Array(rows), [rows, 1]));
      this.#copies.set(rows, copy);
    }
  }

  async #work(): Promise<void> {
    this.#running = true;
    await null;
    while (this.#asking.size > 0) {
      const count = 2 ** Math.floor(Math.log2(Math.min(this.#most, this.#asking.size)));
      const writers = [...this.#asking].slice(0, count);
      for (const writer of writers) this.#asking.delete(writer);
      await this.#round(writers);
      await turn(); // those that were answered ask for their next token
    }
    this.#running = false;
  }

  async #round(writers: readonly Writer[]): Promise<void> {
    const asks = writers.map((writer) => writer.asks!);
    try {
      const { model } = this.#enter(writers);
      const ids = new NdArray(
        Int32Array.from(asks, ({ id }) => id),
        [writers.length, 1],
      );
      const p = (await model.predictOnBatch(ids)).data as Float32Array;
      const width = p.length / writers.length;
      for (const [k, { resolve }] of asks.entries()) resolve(p.slice(k * width, (k + 1) * width));
    } catch (error) {
      this.#inside = null;
      for (const { reject } of asks) reject(error);
    }
  }

  /** The copy of the model with these texts' states in it. */
  #enter(writers: readonly Writer[]): Carried {
    const before = this.#inside;
    const same = before?.writers.length === writers.length && before.writers.every((one, k) => one === writers[k]);
    // A text that began again has no states: those inside are of what it wrote before.
    if (before && same && writers.every(({ states }) => states !== null)) return before.copy;
    this.#leave();
    const copy = this.#copies.get(writers.length) ?? carried(this.#task.model, writers.length);
    this.#copies.set(writers.length, copy);
    const shapes = copy.states().map(({ shape }) => shape);
    const states = shapes.map((shape, k) => {
      const width = shape[1];
      const data = new Float32Array(writers.length * width);
      for (const [row, writer] of writers.entries()) if (writer.states) data.set(writer.states[k], row * width);
      return new NdArray(data, shape);
    });
    copy.restore(states);
    for (const writer of writers) writer.states ??= []; // they are inside
    this.#inside = { copy, writers };
    return copy;
  }

  /** Takes the states of the texts out of the model again. */
  #leave(): void {
    if (!this.#inside) return;
    const { copy, writers } = this.#inside;
    const states = copy.states();
    for (const [row, writer] of writers.entries())
      if (writer.states) writer.states = states.map((a) => Float32Array.from(a.row(row).data));
    this.#inside = null;
  }
}
