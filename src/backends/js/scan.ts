import { isScanBody, type ScanBody, type Slot } from "../../program/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Kernel } from "./kernel.ts";

export const scan: Kernel = (it, bind) => {
  const body = it.attrs.body as ScanBody;
  if (!isScanBody(body)) throw new Error("scan without a body");
  const {
    carries: n,
    sequences: m,
    length,
    reverse,
  } = it.attrs as { carries: number; sequences: number; length: number; reverse: boolean };
  const view = (slot: Slot) => (slot.dtype === "i32" ? bind.i(slot) : bind.f(slot));
  const move = (from: Slot, to: Slot | null) => {
    const a = view(from);
    const b = to && view(to);
    return () => b?.set(a as Float32Array & Int32Array);
  };
  const enter = it.inputs.slice(0, n).map((s, k) => move(s!, body.carries[k]));
  const turn = body.nextCarries.map((s, k) => move(s, body.carries[k]));
  const leave = body.carries.map((s, k) => move(s, it.outputs[k]));
  /** Copies between [B, …] and step t of [B, T, …]. */
  const step = (small: Slot, big: Slot, into: boolean) => {
    const a = view(small);
    const b = view(big);
    const [batch, ...rest] = small.shape;
    const width = sizeOf(rest);
    return (t: number) => {
      for (let r = 0; r < batch; r++) {
        const at = (r * length + t) * width;
        for (let j = 0; j < width; j++) {
          if (into) b[at + j] = a[r * width + j];
          else a[r * width + j] = b[at + j];
        }
      }
    };
  };
  const cut = it.inputs.slice(n, n + m).map((s, k) => step(body.slices[k], s!, false));
  const stack = body.results.flatMap((s, k) => (it.outputs[n + k] ? [step(s, it.outputs[n + k]!, true)] : []));
  const run = bind.list(body.instructions);
  return (number, seed) => {
    for (const f of enter) f();
    for (let k = 0; k < length; k++) {
      const t = reverse ? length - 1 - k : k;
      for (const f of cut) f(t);
      run(number, seed);
      for (const f of stack) f(t);
      for (const f of turn) f();
    }
    for (const f of leave) f();
  };
};
