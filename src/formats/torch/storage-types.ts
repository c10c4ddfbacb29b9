/** PyTorch's types of numbers and what safetensors calls each; what it has no name for is kept by PyTorch's. */
const types: Readonly<Record<string, readonly [dtype: string, bytes: number]>> = {
  double: ["F64", 8],
  float64: ["F64", 8],
  float: ["F32", 4],
  float32: ["F32", 4],
  half: ["F16", 2],
  float16: ["F16", 2],
  bfloat16: ["BF16", 2],
  long: ["I64", 8],
  int64: ["I64", 8],
  int: ["I32", 4],
  int32: ["I32", 4],
  short: ["I16", 2],
  int16: ["I16", 2],
  char: ["I8", 1],
  int8: ["I8", 1],
  byte: ["U8", 1],
  uint8: ["U8", 1],
  bool: ["BOOL", 1],
  uint16: ["U16", 2],
  uint32: ["U32", 4],
  uint64: ["U64", 8],
  float8_e4m3fn: ["F8_E4M3", 1],
  float8_e5m2: ["F8_E5M2", 1],
  untyped: ["U8", 1],
  complexfloat: ["complex64", 8],
  complex64: ["complex64", 8],
  complexdouble: ["complex128", 16],
  complex128: ["complex128", 16],
  qint8: ["qint8", 1],
  quint8: ["quint8", 1],
  qint32: ["qint32", 4],
};

/**
 * The type of numbers that a storage's class or a dtype says; null for another class.
 *
 *   storageType("torch.BFloat16Storage"); // ["BF16", 2]
 */
export function storageType(className: string): readonly [dtype: string, bytes: number] | null {
  const name = /^torch\.(?:storage\.|cuda\.)?(\w+?)(Storage)?$/.exec(className)?.[1].toLowerCase() ?? "";
  return Object.hasOwn(types, name) ? types[name] : null;
}

/** Bytes of an element of a storage of that class; 1 where it is unknown. */
export const storageSize = (className: string): number => storageType(className)?.[1] ?? 1;
