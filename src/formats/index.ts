export { kerasBytes, readKeras } from "./keras.ts";
export { describeFile, modelBytes, modelEndings, openModel } from "./model-file.ts";
export { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from "./npy.ts";
export { type OnnxOptions, onnxBytes } from "./onnx-export.ts";
export { type OnnxRunner, readOnnxGraph } from "./onnx-graph.ts";
export { readSafetensors, type SafeTensor, writeSafetensors } from "./safetensors.ts";
export { largestDifference, survivors } from "./survey.ts";
export { tfjsFiles } from "./tfjs.ts";
