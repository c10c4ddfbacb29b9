/** The same bytes as a plain Uint8Array: `slice()` of Node's Buffer is a view, not a copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}
