import type { Backend, Executable, Memory } from "../../../backends/backend.ts";
import { withRoom } from "../../../backends/choose.ts";
import type { Ranks, Stretch } from "../../../backends/ranks.ts";
import type { Compiled } from "../../../graph/compile.ts";
import { Random } from "../../../tensor/random.ts";
import { profileAtEnd } from "../profile.ts";
import type { BlockedSteps, Feeding, SplitSteps } from "./blocked-steps.ts";
import { numbersOf, PartialSums } from "./partial-sums.ts";
import { type BlockOptions, type BlockPrograms, compileBlocks } from "./programs.ts";
import { cutRows, layoutOf, sumOver } from "./tree.ts";

/** A program with what it is fed. */
interface Part {
  readonly compiled: Compiled;
  readonly executable: Executable;
  readonly feed: Memory;
  readonly report: () => void;
}

/** The programs of blocks of one size in batches of one size. */
interface Block {
  readonly counts: Part | null;
  readonly block: Part;
}

/**
 * Training steps whose batch is cut into blocks: loss, metrics and gradients of each are computed by themselves, here or in
 * another process, added in a fixed tree, and every process takes the same step on the sums. So the bits depend on the number of
 * blocks and not on that of the processes.
 */
export const blockSteps: SplitSteps = (given) => new BlockSteps(given);

class BlockSteps implements BlockedSteps {
  readonly #given: Parameters<SplitSteps>[0];
  readonly #blocks = new Map<string, Block>();
  #move: Part | null = null;
  #sums: PartialSums | null = null; // of gradients, loss, metrics
  #counts: PartialSums | null = null;

  constructor(given: Parameters<SplitSteps>[0]) {
    this.#given = given;
  }

  /** One step on a batch. */
  async step(rows: Int32Array, { step, seed, rate }: Feeding): Promise<void> {
    const { split } = this.#given;
    const ranks: Ranks | null = split.ranks;
    const cuts = cutRows(rows.length, split.blocks);
    const layout = layoutOf(cuts.length, ranks?.size ?? 1);
    // Every process builds the programs of the first block, whether or not it computes one: they say how many numbers there are.
    const first = await this.#of(cuts[0][1], rows.length);
    const whole = { rows, step, seed, cuts, layout };
    if (first.counts) await this.#total(whole, this.#counts!, (block) => block.counts!);
    const counts = first.counts ? numbersOf(this.#counts!.place) : new Float32Array();
    await this.#total(whole, this.#sums!, (block) => block.block, counts);
    const { compiled, executable, feed } = this.#move!;
    const words = new Float32Array(compiled.program.sizes.feed);
    const { bindings } = compiled.program;
    words[bindings.learningRate.offset] = rate(step);
    words[bindings.iteration.offset] = step + 1;
    feed.write(0, words);
    await executable.run({ firstStep: step, times: 1, seed });
  }

  /** The sum over all blocks of what a program leaves in `gradients`, there. */
  async #total(
    { rows, step, seed, cuts, layout }: Whole,
    sums: PartialSums,
    of: (block: Block) => Part,
    counts: Float32Array = new Float32Array(),
  ): Promise<void> {
    const { ranks } = this.#given.split;
    const compute = async (at: number) => {
      const [from, to] = cuts[at];
      const part = of(await this.#of(to - from, rows.length));
      await this.#run(part, rows.subarray(from, to), counts, { step, seed: seedOf(seed, at) });
    };
    const own = layout[ranks?.rank ?? 0];
    sums.begin();
    for (const [k, node] of own.entries()) {
      if (k > 0) sums.put();
      await sumOver(node, sums, compute);
    }
    if (!ranks || ranks.size === 1) return;
    await sums.aside(async (before) => {
      const { place } = sums;
      const pieces = own.length > 0 ? [...before, place] : [];
      await (ranks.sumInPlace?.(pieces, layout, place) ??
        ranks.sum(pieces.map(numbersOf), layout, place.words).then((all) => place.write(0, all)));
    });
  }

  async #run(
    { compiled, executable, feed }: Part,
    rows: Int32Array,
    counts: Float32Array,
    { step, seed }: { step: number; seed: number },
  ): Promise<void> {
    const { bindings, sizes } = compiled.program;
    const words = new Float32Array(sizes.feed);
    new Int32Array(words.buffer).set(rows, bindings.rows.offset);
    for (let k = 0; bindingOf(k) < counts.length; k++) {
      const slot = bindings[`count ${k}`];
      if (slot) words[slot.offset] = counts[bindingOf(k)];
    }
    feed.write(0, words);
    await executable.run({ firstStep: step, times: 1, seed });
  }

  /** The programs for blocks of so many rows in a batch of so many, made at first use. */
  async #of(batch: number, whole: number): Promise<Block> {
    const key = `${batch}/${whole}`;
    const found = this.#blocks.get(key);
    if (found) return found;
    const { backend, options } = this.#given;
    const programs = compileBlocks({ ...options, batch, whole } as BlockOptions);
    const block = await withRoom(backend, () => this.#load(backend, programs));
    this.#blocks.set(key, block);
    return block;
  }

  #load(backend: Backend, { counts, block, move }: BlockPrograms): Block {
    const { memories } = this.#given;
    const room = (of: Compiled) => () => backend.allocate(of.program.sizes.gradients);
    const sumsOf = (of: Compiled) => new PartialSums(room(of)(), room(of));
    if (counts) this.#counts ??= sumsOf(counts);
    this.#sums ??= sumsOf(block);
    const part = (compiled: Compiled, at: Memory): Part => {
      const feed = backend.allocate(compiled.program.sizes.feed);
      const executable = backend.load(compiled.program, { ...memories, gradients: at, feed });
      return { compiled, feed, executable, report: profileAtEnd(compiled.program.name, executable) };
    };
    this.#move ??= part(move(), this.#sums.place);
    return { counts: counts && part(counts, this.#counts!.place), block: part(block, this.#sums.place) };
  }

  free(): void {
    const blocks = [...this.#blocks.values()].flatMap(({ counts, block }) => [counts, block]);
    for (const part of [...blocks, this.#move]) {
      part?.report();
      part?.executable.free();
      part?.feed.free();
    }
    this.#counts?.free();
    this.#sums?.free();
  }
}

interface Whole {
  readonly rows: Int32Array;
  readonly step: number;
  readonly seed: number;
  readonly cuts: readonly Stretch[];
  readonly layout: ReturnType<typeof layoutOf>;
}

/** Random numbers of a block are drawn by its rows' places in it: each block has a seed of its own. */
const seedOf = (seed: number, block: number): number =>
  block === 0 ? seed : new Random(seed, 7_000_003 + block).bits();

/** Place of an objective's count in `gradients`: leaves begin at multiples of 16 words. */
const bindingOf = (objective: number): number => 16 * objective;
