import type { Backend, Memory } from "../backends/backend.ts";
import { problem, ShapeError, showShape } from "../errors.ts";
import type { Layer, Weight } from "../layers/layer.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { alignWords } from "../tensor/tensor.ts";
import type { ParameterPlace } from "../train/step.ts";

/** A weight of the model with its layer and place. */
export interface Parameter extends ParameterPlace {
  readonly weight: Weight;
  readonly layer: Layer;
  readonly trainable: boolean;
  /** Position in the order Keras lists weights: layer by layer. */
  readonly order: number;
}

/**
 * All parameters of a model in one stretch of memory: trainable ones first, each group in declaration order, so that
 * optimizer, clipping, counting and saving are one loop each. Numbers live on the host until a backend has them.
 */
export class Parameters {
  readonly list: readonly Parameter[];
  readonly trainableCount: number;
  readonly trainableWords: number;
  readonly words: number;
  #host: Float32Array | null;
  #memory: Memory | null = null;

  constructor(layers: readonly Layer[], seed: number) {
    const all = layers.flatMap((layer) =>
      layer.weights.map((weight) => ({ layer, weight, trainable: layer.trainable && weight.trainable })),
    );
    const numbered = all.map((p, order) => ({
      ...p,
      order,
      shape: p.weight.shape,
      from: p.layer.label,
      name: p.weight.name,
    }));
    let offset = 0;
    const place = (p: (typeof numbered)[number]): Parameter => {
      const placed = { ...p, offset };
      offset += alignWords(sizeOf(p.shape));
      return placed;
    };
    const trainable = numbered.filter((p) => p.trainable).map(place);
    this.trainableWords = offset;
    this.list = [...trainable, ...numbered.filter((p) => !p.trainable).map(place)];
    this.trainableCount = trainable.length;
    this.words = offset;
    this.#host = new Float32Array(offset);
    for (const p of this.list)
      this.#host.set(p.weight.initializer.fill(p.shape, new Random(seed, 2_000_003 + p.order)), p.offset);
  }

  /** In Keras's order: layer by layer. */
  get inOrder(): Parameter[] {
    return [...this.list].sort((a, b) => a.order - b.order);
  }

  /** Moves the numbers to a backend's memory (once), and returns it. */
  attach(backend: Backend): Memory {
    if (!this.#memory) {
      this.#memory = backend.allocate(Math.max(alignWords(1), this.words)); // a model without weights has a region all the same
      this.#memory.write(0, this.#host!);
      this.#host = null;
    }
    return this.#memory;
  }

  /** Takes the numbers back from a backend that is being left. */
  detach(): void {
    if (!this.#memory) return;
    this.#host = Float32Array.from(this.#memory.read(0, this.words, "f32"));
    this.#memory.free();
    this.#memory = null;
  }

  read(p: Parameter): NdArray {
    const n = sizeOf(p.shape);
    const data = this.#memory ? this.#memory.read(p.offset, n, "f32") : this.#host!.slice(p.offset, p.offset + n);
    return new NdArray(data, p.shape);
  }

  write(p: Parameter, value: ArrayLike, who: string): void {
    const array = asNdArray(value, { who });
    if (!sameShape(array.shape, p.shape)) {
      throw new ShapeError(
        problem(who, `${p.weight.name} ${showShape(p.shape)} for ${p.layer.label}`, showShape(array.shape)),
      );
    }
    const data = Float32Array.from(array.data);
    if (this.#memory) this.#memory.write(p.offset, data);
    else this.#host!.set(data, p.offset);
  }
}
