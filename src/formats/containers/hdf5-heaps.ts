/**
 * Finds a global heap of an HDF5 file so malformed that the HDF5 library could read it forever; undefined if there is none.
 * Strings of variable length lie in such heaps: "GCOL", version 1, 3 bytes, u64 size, then objects of u16 index, 6 bytes,
 * u64 size and data padded to 8; index 0 is free space whose size counts its own 16 bytes (HDF5 specification, III.E).
 * The library follows those sizes unchecked, and one of 0 never ends.
 *
 *   endlessHeap(bytes);        // undefined, or the byte where the bad object starts
 */
export function endlessHeap(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let steps = 2 * (bytes.length / 16) + 16; // twice what heaps side by side can hold: crafted ones may lie inside each other
  for (let at = bytes.indexOf(71); at >= 0 && at + 16 <= bytes.length; at = bytes.indexOf(71, at + 1)) {
    if (view.getUint32(at, false) !== 0x47434f4c || bytes[at + 4] !== 1) continue;
    const end = at + Number(view.getBigUint64(at + 8, true));
    if (end < at + 4096 || end > bytes.length) continue; // the library refuses these, so they may be numbers by chance
    for (let object = at + 16; object + 16 <= end; ) {
      const size = Number(view.getBigUint64(object + 8, true));
      const step = view.getUint16(object, true) === 0 ? size : 16 + 8 * Math.ceil(size / 8);
      if (step < 16 || object + step > end || --steps < 0) return object;
      object += step;
    }
  }
  return undefined;
}
