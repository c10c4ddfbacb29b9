/** ONNX's numbers of types (onnx.proto, TensorProto.DataType). */
export const dataTypes = { float: 1, int32: 6, int64: 7, bool: 9, float16: 10, double: 11 } as const;
