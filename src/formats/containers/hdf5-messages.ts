/** Thrown, like RangeError, where a file breaks the format; whoever opened the file makes it a FormatError with the place. */
export class BrokenText extends Error {}

/** One message of an object header: its type, whether it lies elsewhere, and where its body starts and ends. */
export interface Message {
  type: number;
  shared: boolean;
  from: number;
  to: number;
}

const continuationMessage = 16;
const mostMessages = 1024; // in one object header, which stops headers that continue in themselves

/**
 * The messages of an object header of version 1, or of version 2 ("OHDR"), whose messages are packed tighter (HDF5
 * specification, IV.A). Throws BrokenText, or RangeError outside the file.
 */
export function objectMessages(bytes: Uint8Array, header: number): Message[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u8 = (at: number) => view.getUint8(at);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const compact = [..."OHDR"].every((c, i) => u8(header + i) === c.charCodeAt(0));
  if (!compact && u8(header) !== 1) throw new BrokenText(`no object header at byte ${header}`);
  const flags = compact ? u8(header + 5) : 0;
  const head = compact ? (flags & 4 ? 6 : 4) : 8; // bytes before a message's body
  const blocks: { from: number; to: number }[] = [];
  if (compact) {
    const sizeAt = header + 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
    const width = 1 << (flags & 3);
    const size = [u8, u16, u32, u64][flags & 3](sizeAt);
    blocks.push({ from: sizeAt + width, to: sizeAt + width + size });
  } else blocks.push({ from: header + 16, to: header + 16 + u32(header + 8) });
  const messages: Message[] = [];
  for (let b = 0; b < blocks.length; b++) {
    const { from, to } = blocks[b];
    if (!(from >= 0 && from <= to && to <= bytes.length))
      throw new BrokenText(`${to - from} bytes at byte ${from} of ${bytes.length}`);
    for (let at = from; at + head <= to; ) {
      const size = u16(at + (compact ? 1 : 2));
      const shared = (u8(at + (compact ? 3 : 4)) & 2) !== 0;
      const message = { type: compact ? u8(at) : u16(at), shared, from: at + head, to: at + head + size };
      if (message.to > to) throw new BrokenText(`a header message at byte ${at} that leaves its block`);
      messages.push(message);
      if (messages.length > mostMessages)
        throw new BrokenText(`more than ${mostMessages} messages in one object header`);
      if (message.type === continuationMessage) {
        const next = u64(message.from);
        const length = u64(message.from + 8);
        blocks.push(compact ? { from: next + 4, to: next + length - 4 } : { from: next, to: next + length });
      }
      at = message.to;
    }
  }
  return messages;
}
