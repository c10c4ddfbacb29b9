import { BrokenText, type Message, objectMessages } from "./hdf5-messages.ts";

const attributeMessage = 12;
const attributeInfoMessage = 21;
const noAddress = 0xffff_ffff_ffff_ffffn;
const mostTexts = 8192; // in one attribute: Keras splits longer lists

/**
 * Reads the text attributes of an HDF5 file straight from its bytes (HDF5 specification, IV.A and III.E), because the HDF5
 * library trusts the lengths it finds there: a damaged one makes it read forever or allocate gigabytes. Returns a function
 * of an object header's address and an attribute's name: its one string, its list of strings, or undefined without it.
 *
 *   textReader(bytes)(96, "name");      // "lstm"
 */
export function textReader(bytes: Uint8Array): (header: number, name: string) => string | string[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const heaps = new Map<number, Map<number, Uint8Array>>();
  let steps = 2 * (bytes.length / 16) + 16; // twice the heap objects there is room for, as crafted heaps may overlap
  let letters = Math.max(2 ** 24, bytes.length); // all that is decoded, as crafted attributes may share one long text

  const part = (from: number, length: number): Uint8Array => {
    if (!(from >= 0 && length >= 0 && from + length <= bytes.length)) {
      throw new BrokenText(`${length} bytes at byte ${from} of ${bytes.length}`);
    }
    return bytes.subarray(from, from + length);
  };
  const u8 = (at: number) => view.getUint8(at); // these four throw RangeError outside the file
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const signed = (at: number, signature: string) => [...signature].every((c, i) => u8(at + i) === c.charCodeAt(0));
  const decode = (found: Uint8Array): string => {
    const end = found.indexOf(0);
    const text = end < 0 ? found : found.subarray(0, end);
    letters -= text.length;
    if (letters < 0) throw new BrokenText("more text than the file can hold");
    return new TextDecoder().decode(text);
  };

  /** The objects of the global heap at an address, by their index. */
  const heapAt = (address: number): Map<number, Uint8Array> => {
    const known = heaps.get(address);
    if (known) return known;
    if (!signed(address, "GCOL")) throw new BrokenText(`no heap of text at byte ${address}`);
    const objects = new Map<number, Uint8Array>();
    const end = address + u64(address + 8);
    part(address, end - address);
    for (let at = address + 16; at + 16 <= end; ) {
      const index = u16(at);
      const size = u64(at + 8);
      if (index === 0) break; // free space to the end
      if (--steps < 0) throw new BrokenText("heaps of text that overlap");
      objects.set(index, part(at + 16, size));
      at += 16 + 8 * Math.ceil(size / 8);
    }
    heaps.set(address, objects);
    return objects;
  };

  const textsOf = ({ from, to }: Message, name: string): string | string[] | undefined => {
    const version = u8(from);
    const pad = version === 1 ? 8 : 1;
    const nameAt = from + (version === 3 ? 9 : 8);
    const padded = (length: number) => Math.ceil(length / pad) * pad;
    const typeAt = nameAt + padded(u16(from + 2));
    if (decode(part(nameAt, u16(from + 2))) !== name) return undefined;
    if (version !== 1 && u8(from + 1) & 3) throw new BrokenText("a shared type, which h5py does not write here");
    const spaceAt = typeAt + padded(u16(from + 4));
    const dataAt = spaceAt + padded(u16(from + 6));
    const rank = u8(spaceAt + 1);
    const dims = Array.from({ length: rank }, (_, i) => u64(spaceAt + (u8(spaceAt) === 1 ? 8 : 4) + 8 * i));
    const count = dims.reduce((product, n) => product * n, 1);
    if (count === 0) return []; // h5py writes an empty list of strings as float64 [0]
    if (count > mostTexts) throw new BrokenText(`${count} strings in one attribute`);
    const kind = u8(typeAt) & 15;
    const isText = kind === 3 || (kind === 9 && (u8(typeAt + 1) & 15) === 1);
    if (!isText) throw new BrokenText("an attribute that is not text");
    const size = u32(typeAt + 4);
    if (dataAt + count * size > to) throw new BrokenText("text that leaves its attribute");
    const texts = Array.from({ length: count }, (_, i) => {
      const at = dataAt + i * size;
      if (kind === 3) return decode(part(at, size));
      const length = u32(at);
      if (length === 0) return "";
      const object = heapAt(u64(at + 4)).get(u32(at + 12));
      if (!object || object.length < length)
        throw new BrokenText(`a text of ${length} bytes that its heap does not hold`);
      return decode(object.subarray(0, length));
    });
    return rank === 0 ? texts[0] : texts;
  };

  return (header, name) => {
    for (const message of objectMessages(bytes, header)) {
      if (message.type === attributeMessage) {
        const texts = textsOf(message, name);
        if (texts !== undefined) return texts;
      }
      // The address of a dense store follows version, flags and, where flagged, a u16 of the highest creation index.
      const dense = message.type === attributeInfoMessage ? message.from + 2 + (u8(message.from + 1) & 1 ? 2 : 0) : 0;
      if (dense && view.getBigUint64(dense, true) !== noAddress) {
        throw new BrokenText("attributes in a dense store, which Keras does not write");
      }
    }
    return undefined;
  };
}
