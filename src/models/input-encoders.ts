import { DataError, problem } from "../errors.ts";
import { Input } from "../layers/input.ts";
import type { AnyLayer, LayerCall, SymbolicTensor } from "../layers/layer.ts";
import { InputEncoder } from "../layers/preprocessing/input-encoder.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { ComputedInput } from "../train/fit/trainable-model.ts";
import { Model } from "./model.ts";

/** A use of a layer: each thing it reads is an input, another layer's result, or nothing that is known yet. */
interface Use {
  readonly layer: AnyLayer;
  readonly reads: readonly (Input | "layer" | null)[];
}

/** Refuses encoders, in models inside too, that read no input of the model, and texts that no encoder reads. */
export function checkEncoders(uses: readonly Use[]): void {
  const next =
    'Texts are encoded before the model runs: input([1], { dtype: "string" }), and stringLookup() or the like behind it.';
  for (const { layer, reads } of uses) {
    for (const [k, read] of reads.entries()) {
      const texts = read instanceof Input && read.texts;
      const encodes = layer instanceof InputEncoder || computedWithin(layer, k) !== null;
      if (encodes ? read === "layer" : texts) {
        const expected = texts ? "a layer that reads texts" : "an input of the model before it";
        throw new DataError(problem(layer.label, expected, texts ? layer.label : "another layer", next));
      }
      if (layer instanceof InputEncoder && read === null && !layer.givenShape)
        throw new DataError(problem(layer.label, "an input of the model before it", "none", next));
    }
    if (!(layer instanceof Model && layer.inputs) && holdsEncoder(layer)) {
      const found = `${layer.label}, which begins with one`;
      throw new DataError(problem(layer.label, "no layer that encodes inputs inside another", found, next));
    }
  }
}

const holdsEncoder = (layer: AnyLayer): boolean =>
  layer.sublayers.some((inner) => inner instanceof InputEncoder || holdsEncoder(inner));

/** The output of an encoder for an input of this shape, for the layer that reads it. */
export const computedBy = (
  encoder: InputEncoder,
  input: PartialShape,
  reader: AnyLayer | undefined,
): ComputedInput => ({
  encoder,
  shape: encoder.computeOutputShape(input),
  dtype: reader?.inputDtype ?? "f32",
  reader,
});

/** The arrays that a model inside computes with in place of one of its inputs; null where it reads it as it is, and for other layers. */
export const computedWithin = (layer: AnyLayer, input: number): readonly ComputedInput[] | null =>
  (layer instanceof Model && layer.inputs?.[input]?.computed) || null;

/** An array that a model computes with in place of an input. */
export interface InputPart {
  /** Stands for it in the model's graph. */
  readonly tensor: SymbolicTensor;
  /** The way it is made, for the layer that reads it; null: it is the input itself. */
  computed(reader: AnyLayer | undefined): ComputedInput | null;
}

/** For each input that encoders read: what they make of it, and the input itself where other layers read it as well. */
export function partsOf(
  uses: readonly LayerCall[],
  inputs: readonly SymbolicTensor[],
): {
  parts: ReadonlyMap<SymbolicTensor, readonly InputPart[]>;
  /** The tensors that a model inside reads, where one of its inputs is several. */
  given: ReadonlyMap<LayerCall, readonly SymbolicTensor[]>;
} {
  const reads = (t: SymbolicTensor) => (t.call.layer instanceof Input ? t.call.layer : ("layer" as const));
  const called = uses.filter((use) => use.inputs.length > 0);
  checkEncoders(called.map((use) => ({ layer: use.layer, reads: use.inputs.map(reads) })));
  const made = new Map<SymbolicTensor, InputPart[]>(inputs.map((t) => [t, []]));
  const given = new Map<LayerCall, SymbolicTensor[]>();
  const plain = new Set<SymbolicTensor>();
  for (const use of called) {
    const { layer } = use;
    if (layer instanceof InputEncoder) {
      const [t] = use.inputs;
      for (const tensor of use.outputs)
        made.get(t)?.push({ tensor, computed: (reader) => computedBy(layer, t.shape, reader) });
      continue;
    }
    const own = use.inputs.map((t, k) => {
      const within = computedWithin(layer, k);
      if (!within) return [t];
      const parts = within.map((computed) => ({ tensor: { ...t } as SymbolicTensor, computed: () => computed }));
      made.get(t)?.push(...parts);
      return parts.map(({ tensor }) => tensor);
    });
    if (own.some(([t], k) => t !== use.inputs[k])) given.set(use, own.flat());
    if (given.has(use) && use.masks.length > 0)
      throw new DataError(problem(layer.label, "no mask in a call of a model that encodes its inputs", "one"));
    for (const t of [...own.flat(), ...use.masks, use.attentionMask]) if (t) plain.add(t);
  }
  const parts = [...made].flatMap(([t, list]): [SymbolicTensor, InputPart[]][] =>
    list.length === 0 ? [] : [[t, plain.has(t) ? [...list, { tensor: t, computed: () => null }] : list]],
  );
  return { parts: new Map(parts), given };
}
