/** Past failures of the sweep onnx-out, as `--only SEED` prints the smallest model that fails. */
export const onnxCases = {};
