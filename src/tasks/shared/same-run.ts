import { DataError, option, problem, sentence } from "../../errors.ts";
import { crc32c } from "../../files/crc.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Callback } from "../../train/callbacks/index.ts";

/**
 * Lets training resume from a checkpoint only as it began: with these options and these data. Rejects with DataError naming
 * all that differ. Comes first among the callbacks, so that it speaks before anything is put back.
 */
export function sameRun(who: string, options: object, data: Readonly<Record<string, unknown>>): Callback {
  const words = Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => (free(name, value) ? [] : [[name, inWords(value)]])),
  );
  let sums: Record<string, number> | null = null; // of the data: made when a checkpoint is
  const facts = () => {
    sums ??= Object.fromEntries(Object.entries(data).map(([name, value]) => [name, checksum(value)]));
    return { words, sums };
  };
  return {
    state: facts,
    restore(saved) {
      const before = saved as ReturnType<typeof facts>;
      const now = facts();
      const options = differing(before.words, now.words);
      // Version 0.1 rounded numbers to f32 before it looked at them.
      const rounded = (name: string) => checksum(data[name], (numbers) => Float32Array.from(numbers));
      const others = differing(before.sums, now.sums).filter((name) => before.sums[name] !== rounded(name));
      if (options.length + others.length === 0) return;
      const say = (all: Readonly<Record<string, string>>, kind: string) =>
        [...options.map((name) => `${name} ${short(all[name])}`), ...others.map((name) => `${kind} ${name}`)].join(
          ", ",
        );
      const next = sentence`Training was interrupted: give the same again to resume, or ${option("resume", false, "delete its checkpoint")} to start over.`;
      throw new DataError(
        problem(who, `${say(before.words, "the same")}, as in the interrupted training`, say(now.words, "other"), next),
      );
    },
  };
}

/** Whether an option does not change the numbers, or is not given. */
const free = (name: string, value: unknown): boolean => value === undefined || freeNames.includes(name);
const freeNames = ["callbacks", "verbose", "signal", "write", "backend", "reading"];

function differing(a: object, b: object): string[] {
  const [before, now] = [a, b] as Readonly<Record<string, unknown>>[];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (name) => before[name] !== now[name] && !freeNames.includes(name),
  );
}

/** Functions by their text, optimizers with their numbers, so that another one is told from it. */
const inWords = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "function") return String(part);
    const { config } = (part ?? {}) as { config?: unknown };
    return typeof config === "function" ? { ...(part as object), config: config.call(part) } : part;
  });

const short = (words = "by default"): string => (words.length > 60 ? `${words.slice(0, 60)}…` : words);

type Rounding = (numbers: Float64Array) => Float32Array | Float64Array;

function checksum(value: unknown, round: Rounding = (numbers) => numbers): number {
  if (value instanceof NdArray) return checksum([value.shape.join(), value.data], round);
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value instanceof Float64Array ? round(value) : value;
    return crc32c(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (Array.isArray(value))
    return checksum(
      Uint32Array.from(value, (part) => checksum(part, round)),
      round,
    );
  return crc32c(new TextEncoder().encode(typeof value === "string" ? value : (JSON.stringify(value) ?? "")));
}
