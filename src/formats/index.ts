export type { Hdf5Numbers } from "./containers/hdf5.ts";
export { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from "./containers/npy.ts";
export type { NumericArray } from "./containers/npy-types.ts";
export { readSafetensors, type SafeTensor, type Safetensors, writeSafetensors } from "./containers/safetensors.ts";
export { kerasBytes, readKeras } from "./keras/keras.ts";
export {
  describeFile,
  type FileDescription,
  type ModelSource,
  modelBytes,
  modelEndings,
  modelFormat,
  type OpenOptions,
  openModel,
  type SuggestedLayer,
} from "./model-file.ts";
export { asLayers } from "./onnx/as-layers.ts";
export { type OnnxOptions, onnxBytes } from "./onnx/export.ts";
export { type OnnxGraphOptions, type OnnxRunner, readOnnxGraph } from "./onnx/read-graph.ts";
export { isModelPath } from "./registry.ts";
export { largestDifference, survivors } from "./survey.ts";
export { tfjsFiles } from "./tfjs/tfjs.ts";
