import { DataError, problem } from "../errors.ts";
import { Input } from "../layers/input.ts";
import type { AnyLayer } from "../layers/layer.ts";
import { InputEncoder } from "../layers/preprocessing/input-encoder.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { ComputedInput } from "../train/fit/trainable-model.ts";

/** A use of a layer: what it reads is an input, another layer's result, or nothing that is known yet. */
interface Use {
  readonly layer: AnyLayer;
  readonly reads: Input | "layer" | null;
}

/** Refuses encoders that read no input of the model, texts that no encoder reads, and models inside with encoders of their own. */
export function checkEncoders(uses: readonly Use[]): void {
  const next =
    'Texts are encoded before the model runs: input([1], { dtype: "string" }), and stringLookup() or the like behind it.';
  for (const { layer, reads } of uses) {
    const texts = reads instanceof Input && reads.texts;
    if (layer instanceof InputEncoder ? reads === "layer" : texts) {
      const expected = texts ? "a layer that reads texts" : "an input of the model before it";
      throw new DataError(problem(layer.label, expected, texts ? layer.label : "another layer", next));
    }
    if (layer instanceof InputEncoder && reads === null && !layer.givenShape)
      throw new DataError(problem(layer.label, "an input of the model before it", "none", next));
    if (holdsEncoder(layer)) {
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
