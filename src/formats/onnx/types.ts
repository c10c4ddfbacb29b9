/** ONNX's numbers of types (onnx.proto, TensorProto.DataType). */
export const dataTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
} as const;

/** Ranges of integers of 8 and 16 bits. They are i32 here. */
export const narrowRanges: Readonly<Record<number, readonly [least: number, most: number]>> = {
  [dataTypes.uint8]: [0, 255],
  [dataTypes.int8]: [-128, 127],
  [dataTypes.uint16]: [0, 65_535],
  [dataTypes.int16]: [-32_768, 32_767],
};
