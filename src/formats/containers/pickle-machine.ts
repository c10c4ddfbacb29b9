import { FormatError, problem } from "../../errors.ts";
import type { Budget } from "../budget.ts";
import { latin1 } from "./npy-types.ts";
import { type Fail, PickleList, PickleRecord, PickleTuple, show } from "./pickle-values.ts";

const mostValues = 32_000_000; // on the stack, counted over the whole pickle
const mostContainers = 4_000_000; // lists, tuples, dicts, arrays
const mostMemo = 4_000_000;
const bytesOfContainer = 160; // of an object and what holds it; as much again for the numbers of a list

/** The unpickler's state: the place in the bytes, the stack with its marks, and what is remembered. Everything that is taken is counted. */
export class PickleMachine {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly who: string;
  readonly memory: Budget;
  readonly stack: unknown[] = [];
  readonly marks: number[] = [];
  readonly memo = new Map<number, unknown>();
  /** Byte of the next opcode. */
  at: number;
  /** Byte of this one, for messages. */
  op: number;
  #pushed = 0;
  #containers = 0;
  #scratch = new Int32Array(1024);

  constructor(bytes: Uint8Array, who: string, start: number, memory: Budget) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.who = who;
    this.at = start;
    this.op = start;
    this.memory = memory;
  }

  readonly fail: Fail = (expected, received, next) => {
    throw new FormatError(problem(`${this.who}, byte ${this.op}`, expected, received, next));
  };

  /** The first of `count` bytes of argument. */
  take(count: number): number {
    const from = this.at;
    if (count > this.bytes.length - from)
      this.fail(`${count} bytes of argument`, `${this.bytes.length - from} before the end`);
    this.at += count;
    return from;
  }
  block(count: number): Uint8Array {
    const from = this.take(count);
    return this.bytes.subarray(from, from + count);
  }
  line(longest: number): string {
    const { bytes, at } = this;
    const end = bytes.subarray(at, at + longest + 1).indexOf(10);
    if (end < 0) this.fail(`a line of at most ${longest} characters`, "a longer one, or the end");
    const text = latin1(bytes.subarray(at, at + end));
    this.at += end + 1;
    return text;
  }
  utf8(length: number): string {
    const raw = this.block(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    } catch {
      this.fail("UTF-8 text", "bytes that are not");
    }
  }

  push(value: unknown): void {
    if (++this.#pushed > mostValues) this.fail(`at most ${mostValues} values`, "more");
    this.stack.push(value);
  }
  container<T>(value: T): T {
    if (++this.#containers > mostContainers) this.fail(`at most ${mostContainers} lists and tuples`, "more");
    this.memory.take(bytesOfContainer);
    return value;
  }
  /** An empty dict takes twice what a list does, and is there twice while values are finished. */
  dict(): Map<unknown, unknown> {
    this.memory.take(2 * bytesOfContainer);
    return this.container(new Map());
  }
  pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail("a value on the stack", "an empty stack");
    return this.stack.pop();
  }
  top(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail("a value on the stack", "an empty stack");
    return this.stack[this.stack.length - 1];
  }
  sinceMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) this.fail("a mark on the stack", "none");
    return this.stack.splice(mark);
  }
  tuple(count: number): void {
    const items = new Array<unknown>(count);
    for (let i = count - 1; i >= 0; i--) items[i] = this.pop();
    this.push(this.container(new PickleTuple(items)));
  }
  listOnTop(): PickleList {
    const on = this.top();
    if (on instanceof PickleRecord) on.items ??= this.container(new PickleList());
    const list = on instanceof PickleRecord ? on.items : on;
    if (list instanceof PickleList) this.#countNumbers(list);
    return list instanceof PickleList ? list : this.fail("a list to append to", show(list));
  }
  mapOnTop(): Map<unknown, unknown> {
    const on = this.top();
    if (on instanceof PickleRecord) on.items ??= this.dict();
    const map = on instanceof PickleRecord ? on.items : on;
    return map instanceof Map ? map : this.fail("a dict to set items of", show(map));
  }
  remember(index: number): void {
    if (this.memo.size >= mostMemo) this.fail(`at most ${mostMemo} remembered values`, "more");
    this.memo.set(index, this.top());
  }
  recall(index: number): void {
    if (!this.memo.has(index)) this.fail("a value remembered before", `number ${index}`);
    this.push(this.memo.get(index));
  }

  /** MARK; the common case in one loop: over a list, nothing but small integers up to APPENDS. */
  mark(): void {
    const { stack, marks } = this;
    const under = stack.length > (marks.at(-1) ?? 0) ? stack[stack.length - 1] : undefined;
    if (under instanceof PickleList && under.ints && this.#appendRun(under)) return;
    if (marks.length >= mostContainers) this.fail(`at most ${mostContainers} marks`, "more");
    marks.push(stack.length);
  }

  /** A list's first number brings an array with it. */
  #countNumbers(list: PickleList): void {
    if (list.length === 0) this.memory.take(bytesOfContainer);
  }

  #appendRun(list: PickleList): boolean {
    const { bytes, view } = this;
    let p = this.at;
    let n = 0;
    for (; p + 5 < bytes.length; n++) {
      if (n === this.#scratch.length) {
        const longer = new Int32Array(2 * n);
        longer.set(this.#scratch);
        this.#scratch = longer;
      }
      const code = bytes[p];
      if (code === 0x4b) {
        this.#scratch[n] = bytes[p + 1];
        p += 2;
      } else if (code === 0x4d) {
        this.#scratch[n] = bytes[p + 1] | (bytes[p + 2] << 8);
        p += 3;
      } else if (code === 0x4a) {
        this.#scratch[n] = view.getInt32(p + 1, true);
        p += 5;
      } else break;
    }
    if (bytes[p] !== 0x65) return false;
    this.#countNumbers(list);
    list.appendInts(this.#scratch, n);
    this.at = p + 1;
    return true;
  }
}

/** An integer as text; undefined for other text. */
export function decimal(text: string): number | undefined {
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** Two's complement, at most 8 bytes. */
export function littleEndian(raw: Uint8Array): number {
  let value = 0n;
  for (let i = raw.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]);
  return Number(BigInt.asIntN(8 * raw.length, value));
}
