export { kerasBytes, readKeras, saveKeras } from "./keras.ts";
export { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from "./npy.ts";
