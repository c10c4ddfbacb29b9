import * as layers from "../../layers/index.ts";
import type { JsonValue } from "../json.ts";
import { encoderReaders } from "./encoders.ts";
import { asObject } from "./object.ts";
import { optionsOf, type Reader, readShape } from "./values.ts";

/** Keras's layers whose config says more than arguments and options (`kerasForm`), by class name. */
export const plainReaders: Readonly<Record<string, Reader>> = {
  InputLayer: (c, { who, base }) => {
    const shape = readShape(c.batch_shape ?? c.batch_input_shape, who);
    const texts = c.dtype === "string" && { dtype: "string" as const };
    const dtype = texts || (String(c.dtype).startsWith("int") ? { dtype: "i32" as const } : {});
    return layers.input(shape.slice(1), { name: base.name, ...dtype });
  },
  SpectralNormalization: (c, place) =>
    layers.spectralNormalization(place.readInner(c.layer), optionsOf(c, ["power_iterations"], place)),
  Normalization: (c, place) =>
    layers.normalization({
      ...optionsOf(c, ["mean", "variance", "invert"], place),
      axis: c.axis as number[] | null,
    }),
  ...encoderReaders,
  Rescaling: (c, place) => layers.rescaling(plainNumbers(c.scale), { ...place.base, offset: plainNumbers(c.offset) }),
};

/** Numbers as they are, or in Keras's form of a NumPy array. */
function plainNumbers(value: JsonValue | undefined): number {
  const object = asObject(value);
  return (object?.class_name === "__numpy__" ? (asObject(object.config)?.value ?? null) : (value ?? 0)) as number;
}
