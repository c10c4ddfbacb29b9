import type { ModelFormat } from "./format.ts";
import { hdf5Format, hdf5WeightsFormat } from "./keras/hdf5-format.ts";
import { kerasFormat } from "./keras/keras-format.ts";
import { onnxFormat } from "./onnx/onnx-format.ts";
import { jsonFormat } from "./tfjs/json-format.ts";

import { safetensorsFormat } from "./torch/safetensors-format.ts";
import { torchFormat } from "./torch/torch-format.ts";

/** Every kind of model file; of those whose first bytes fit, the first counts. */
export const formats: readonly ModelFormat[] = [
  kerasFormat,
  hdf5Format,
  hdf5WeightsFormat,
  safetensorsFormat, // before pickles: a header of 640 bytes begins as one does
  torchFormat,
  onnxFormat,
  jsonFormat,
];

/** The format that a file's name ends in; null for none that is written. */
export function formatOfPath(path: string): ModelFormat | null {
  const name = path.toLowerCase();
  const fits = formats.flatMap((format) => format.endings.map((ending) => ({ format, ending })));
  const found = fits.filter(({ ending }) => name.endsWith(ending)).sort((a, b) => b.ending.length - a.ending.length);
  return found[0]?.format ?? null;
}

/** Whether a file's name ends as that of a model file does. */
export const isModelPath = (path: string): boolean => formatOfPath(path) !== null;
