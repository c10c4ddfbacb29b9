import type { Backend, Executable, Memory } from "../../backends/backend.ts";
import { type Program, regions, type Slot } from "../../program/program.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { breatheWhenDue } from "./breathe.ts";
import { profileAtEnd } from "./profile.ts";
import { type ArrayKind, compilePredict, type Network } from "./step.ts";

/** A prediction program for one batch size. */
export class PredictSession {
  readonly #executable: Executable;
  /** The other pieces of a program that would hold up the event loop: it has a turn before each. */
  readonly #further: readonly Executable[] = [];
  /** Whether it leaves states for the next batch: they are left whole. */
  readonly #keeps: boolean;
  readonly #report: () => void;
  readonly program: Program;
  // Looked up once: a word of a text generator takes about as long as looking them up would.
  readonly #data: Memory;
  readonly #state: Memory;
  readonly #inputs: readonly number[]; // offsets
  readonly #outputs: readonly Slot[];

  /** `cut`: into programs that run one after the other. */
  constructor(
    backend: Backend,
    fused: boolean,
    network: Network,
    inputs: readonly ArrayKind[],
    weights: Memory,
    cut: ((program: Program) => readonly Program[]) | null = null,
  ) {
    const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused };
    this.program = compilePredict(target, network, inputs).program;
    const [first, ...rest] = cut ? cut(this.program) : [this.program];
    this.#executable = backend.load(first, { weights });
    try {
      const memories = Object.fromEntries(regions.map((region) => [region, this.#executable.memory(region)]));
      this.#further = rest.map((part) => backend.load(part, memories));
    } catch (error) {
      this.#executable.free(); // there may be room for all of it later
      throw error;
    }
    this.#keeps = this.program.instructions.some(({ outputs }) => outputs.some((slot) => slot?.region === "weights"));
    this.#data = this.#executable.memory("data");
    this.#state = this.#executable.memory("state");
    const { bindings } = this.program;
    this.#inputs = inputs.map((_, k) => bindings[`x ${k}`].offset);
    const outputs = Object.keys(bindings).filter((name) => name.startsWith("prediction "));
    this.#outputs = outputs.map((_, k) => bindings[`prediction ${k}`]);
    this.#report = profileAtEnd(this.program.name, this.#executable);
  }

  /** Numbers of memory it takes, about: its regions, and what kernels keep and work in, which grows with their weights. */
  get words(): number {
    const { sizes, instructions } = this.program;
    let words = sizes.scratch + sizes.data;
    for (const { op, inputs } of instructions)
      if (op !== "gather") for (const slot of inputs) if (slot?.region === "weights") words += 3 * sizeOf(slot.shape);
    return words;
  }

  /** Whether numbers are drawn, which depend on the row's place in its batch. */
  get draws(): boolean {
    return this.program.instructions.some(({ op }) => op === "random");
  }

  /** One batch in, every output out; what is drawn is drawn for this step. Rejects with the reason of an aborted signal. */
  async run(inputs: readonly NdArray[], seed: number, step: number, signal?: AbortSignal): Promise<NdArray[]> {
    inputs.forEach((a, k) => {
      this.#data.write(this.#inputs[k], a.data);
    });
    await this.#executable.run({ firstStep: step, times: 1, seed });
    for (const part of this.#further) {
      await breatheWhenDue();
      if (!this.#keeps) signal?.throwIfAborted();
      await part.run({ firstStep: step, times: 1, seed });
    }
    return this.#outputs.map(({ offset, shape }) => new NdArray(this.#state.read(offset, sizeOf(shape), "f32"), shape));
  }

  free(): void {
    this.#report();
    for (const part of this.#further) part.free();
    this.#executable.free();
  }
}

/** Programs of predictions by the shapes they read: where there are too many for their size, a new one takes the place of all before. */
export class PredictSessions {
  readonly #made = new Map<string, PredictSession>();

  find(inputs: readonly NdArray[]): PredictSession | undefined {
    return this.#made.get(shapesOf(inputs));
  }

  keep(inputs: readonly NdArray[], session: PredictSession): PredictSession {
    // 8 at least; small ones, as for texts of many lengths, up to 128 MB
    if (this.#made.size >= Math.max(8, 2 ** 25 / session.words)) this.free();
    this.#made.set(shapesOf(inputs), session);
    return session;
  }

  free(): void {
    for (const session of this.#made.values()) session.free();
    this.#made.clear();
  }
}

const shapesOf = (inputs: readonly NdArray[]): string => inputs.map(({ shape }) => String(shape)).join(";");

/** Parts of a prediction as one array. */
export function joined(parts: readonly NdArray[]): NdArray {
  if (parts.length === 1) return parts[0];
  const out = new Float32Array(parts.reduce((n, p) => n + p.size, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p.data, at);
    at += p.size;
  }
  return new NdArray(out, [parts.reduce((n, p) => n + p.shape[0], 0), ...parts[0].shape.slice(1)]);
}
