import { CellstateError, FormatError, problem } from "../errors.ts";

/** Whether bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * The pieces of what gzip, or zlib (`"deflate"`), packed, its checksum compared. Throws FormatError for damaged bytes, and once they come to
 * more than `most(packed)` bytes, of so many packed ones read: no more is unpacked.
 */
export async function* inflated(
  packed: AsyncIterable<Uint8Array>,
  format: "gzip" | "deflate",
  most: (packed: number) => number,
  who: string,
): AsyncGenerator<Uint8Array> {
  const source = packed[Symbol.asyncIterator]();
  let [read, unpacked] = [0, 0]; // bytes
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) return controller.close();
      read += value.length;
      controller.enqueue(value as Uint8Array<ArrayBuffer>);
    },
    cancel: async () => void (await source.return?.()),
  });
  const reader = stream.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      unpacked += value.length;
      if (unpacked > most(read)) {
        const next = "It packs many times what files do: do not trust this file.";
        throw new FormatError(problem(who, `at most ${most(read)} bytes unpacked`, "more", next));
      }
      yield value;
    }
  } catch (error) {
    if (error instanceof CellstateError) throw error;
    const name = format === "gzip" ? "gzip" : "zlib";
    const next = "The file is damaged or cut short: download or copy it again.";
    throw new FormatError(problem(who, `bytes packed by ${name}`, (error as Error).message, next), { cause: error });
  } finally {
    await reader.cancel().catch(() => {});
  }
}
