import type { Ranks } from "../../../backends/ranks.ts";
import { DataError, problem } from "../../../errors.ts";
import { crc32 } from "../../../files/crc.ts";
import type { Callback, TrainingState } from "../../callbacks/callback.ts";
import type { FitOptions } from "../fit-options.ts";
import type { Team, Trainer } from "../loop.ts";
import type { Prepared } from "../runtime.ts";
import type { Split } from "./blocked-steps.ts";

/** Processes that train together: they stop at the same step, and one of them speaks and writes files. */
export class RankTeam implements Team {
  readonly #split: Split;
  readonly #ranks: Ranks;
  readonly #asked: AbortSignal | undefined;
  readonly #agreed = new AbortController();
  readonly #write: (text: string) => void;
  #checkpoint: Uint8Array = new Uint8Array();

  constructor(split: Split, options: FitOptions) {
    this.#split = split;
    this.#ranks = split.ranks!;
    this.#asked = options.signal;
    this.#write = options.write ?? ((text) => void process.stderr.write(text));
  }

  /** The options of this process: a signal that is aborted for all at once, and silence on all but the first. */
  options(given: FitOptions): FitOptions {
    const own = { ...given, signal: this.#agreed.signal };
    return this.#ranks.rank === 0 ? own : { ...own, verbose: 0, write: () => {} };
  }

  /** The callbacks whose hooks this process calls; one that writes files keeps its place in the list. */
  callbacks(given: readonly Callback[]): readonly Callback[] {
    return this.#ranks.rank === 0 ? given : given.map((c) => (c.writes ? {} : c));
  }

  /** Batches one at a time, for the others may ask to stop after each. */
  share<B>(training: Trainer<B>["batches"]): Trainer<B>["batches"] {
    return {
      get length() {
        return training.length;
      },
      description: training.description,
      begin: (pass, from) => training.begin(pass, from),
      take: () => training.take(1),
      close: () => training.close(),
    };
  }

  /** Throws DataError where processes would not train the same. */
  async checkSame({ backend, weights }: Prepared, data: string, epochs: number, bf16: string): Promise<void> {
    const words = weights.read(0, weights.words, "f32");
    const kernels = backend.name === "native" ? backend.description.split(", ").slice(0, 2).join() : backend.name;
    const { blocks } = this.#split;
    await this.#check({
      kernels,
      "order of sums of bfloat16": bf16,
      data,
      epochs: `${epochs}`,
      blocks: `${blocks}`,
      weights: new Uint8Array(words.buffer),
    });
  }

  async #check(what: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const encode = (value: string | Uint8Array) =>
      typeof value === "string" ? new TextEncoder().encode(value) : value;
    const marks = Uint32Array.from(Object.values(what), (value) => crc32(encode(value)));
    const all = await this.#ranks.gather(new Uint8Array(marks.buffer));
    const wrong = all.findIndex((other) => other.some((byte, k) => byte !== all[0][k]));
    if (wrong < 0) return;
    const at = all[wrong].findIndex((byte, k) => byte !== all[0][k]);
    const name = Object.keys(what)[at >> 2];
    const next = "Start every process with the same program, the same files and the same version.";
    throw new DataError(problem("fit", `the same ${name} in every process`, `another in rank ${wrong}`, next));
  }

  async agree(stop: boolean): Promise<boolean> {
    const mine = (stop ? 1 : 0) | (this.#asked?.aborted ? 2 : 0);
    const all = (await this.#ranks.gather(Uint8Array.of(mine))).reduce((a, [b]) => a | b, 0);
    if (all & 2) this.#agreed.abort();
    return (all & 1) !== 0;
  }

  resumes(bytes: Uint8Array): void {
    this.#checkpoint = bytes;
  }

  async begin(state: TrainingState): Promise<void> {
    const first = await this.#ranks.broadcast(this.#checkpoint);
    if (this.#ranks.rank > 0 && first.length > 0) await state.resume(first);
    this.#checkpoint = new Uint8Array();
    this.#sayIdle();
  }

  /** After a checkpoint has said its number of blocks. */
  #sayIdle(): void {
    const { blocks } = this.#split;
    const { size, rank } = this.#ranks;
    if (rank > 0 || blocks >= size) return;
    const what =
      blocks === 1 ? "each batch is one block, which every process computes" : `each batch has ${blocks} blocks`;
    this.#write(`fit: ${what}: of ${size} processes ${size - blocks} bring nothing; blocks says how many there are\n`);
  }
}
