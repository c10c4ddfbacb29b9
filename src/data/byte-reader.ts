import { BackendError, DataError, FormatError, problem } from "../errors.ts";
import { fileProblem } from "../system-problem.ts";
import { inflated, isGzip } from "./inflate.ts";
import type { TextSource } from "./read-text.ts";

/** Bytes that come in pieces, read up to a byte or by number. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #who: string;
  #buffer: Uint8Array = new Uint8Array();
  #at = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>, who: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#who = who;
  }

  /**
   * The bytes before the next such byte, which is passed over; null at the end of the file, where `lastToo` first returns what is
   * left. Throws FormatError where more than `most` bytes have none.
   */
  async until(byte: number, most: number, lastToo = false): Promise<Uint8Array | null> {
    let from = this.#at;
    for (;;) {
      const end = this.#buffer.indexOf(byte, from);
      if (end >= 0) {
        const found = this.#buffer.subarray(this.#at, end);
        this.#at = end + 1;
        return found;
      }
      const left = this.#buffer.length - this.#at;
      if (left > most)
        throw new FormatError(
          problem(this.#who, `byte ${byte} within ${most} bytes`, `${left} without it`, "Is it the file you mean?"),
        );
      if (!(await this.#more())) {
        if (left === 0 || !lastToo) return null;
        const found = this.#buffer.subarray(this.#at);
        this.#at = this.#buffer.length;
        return found;
      }
      from = this.#at + left;
    }
  }

  /** The next `count` bytes; null where there are fewer. */
  async exactly(n: number): Promise<Uint8Array | null> {
    while (this.#buffer.length - this.#at < n) if (!(await this.#more())) return null;
    const found = this.#buffer.subarray(this.#at, this.#at + n);
    this.#at += n;
    return found;
  }

  /** The next bytes, up to a number, without consuming them. */
  async peek(n: number): Promise<Uint8Array> {
    while (this.#buffer.length - this.#at < n) if (!(await this.#more())) break;
    return this.#buffer.subarray(this.#at, this.#at + n);
  }

  /** Reads no more: a file is closed. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#chunks.next();
    this.#ended = done === true;
    if (done) return false;
    const joined = new Uint8Array(this.#buffer.length - this.#at + value.length);
    joined.set(this.#buffer.subarray(this.#at));
    joined.set(value, this.#buffer.length - this.#at);
    this.#buffer = joined;
    this.#at = 0;
    return true;
  }
}

/** The bytes of a file piece by piece, unpacked where gzip packed them. */
export async function* unpackedChunks(source: TextSource | Uint8Array, who: string): AsyncGenerator<Uint8Array> {
  const chunks = chunksOf(source, who);
  const first = await chunks.next();
  if (first.done) return;
  const all = (async function* () {
    yield first.value;
    yield* chunks;
  })();
  yield* isGzip(first.value) ? inflated(all, "gzip", (packed) => 2 ** 24 + 50 * packed, who) : all;
}

/** The bytes of a file, piece by piece. */
export async function* chunksOf(source: TextSource | Uint8Array, who: string): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) return yield source;
  if (source instanceof Blob) return yield* source.stream() as unknown as AsyncIterable<Uint8Array>;
  if (typeof process === "undefined") {
    const next = "Give the file that the user chose (a Blob), or its bytes.";
    throw new BackendError(problem(who, "a file system", "a browser", next));
  }
  const { createReadStream } = await import("node:fs");
  try {
    yield* createReadStream(source, { highWaterMark: 1 << 20 });
  } catch (error) {
    throw new DataError(fileProblem(who, "read", error), { cause: error });
  }
}
