import type { Memory } from "../../backends/backend.ts";
import type { Callback } from "../callbacks/index.ts";
import { emaSlot, type Optimizer } from "./optimizer.ts";

/** The memory of the weights and of an optimizer's slots, over a number of trainable words. */
export interface AveragedMemory {
  readonly weights: Memory;
  readonly slots: Memory;
  readonly words: number;
  /** Called when training leaves other weights or slots than its last step did. */
  changed(): void;
}

/**
 * Work around the steps of an optimizer that averages weights: sets its trigger off at the end of an epoch, and puts the
 * average in the weights' place when training ends. Null for one that does not average.
 */
export function averagingCallback(optimizer: Optimizer, memory: AveragedMemory): Callback | null {
  const { trigger } = optimizer.rule;
  const from = averageOffset(optimizer, memory.words);
  if (from === null) return null;
  return {
    onEpochEnd: (_epoch, logs, { history, validates }) => {
      const monitor = trigger && validates ? trigger.monitor : "loss";
      if (!trigger || !(monitor in logs)) return;
      const at = optimizer.slots.indexOf(trigger.slot) * memory.words;
      const pulled = memory.slots.read(at, 1, "f32")[0] > 0;
      if (pulled || !trigger.fires([...(history.history[monitor] ?? []), logs[monitor]])) return;
      memory.slots.write(at, new Float32Array(memory.words).fill(trigger.value));
      memory.changed();
    },
    onTrainEnd: (_logs, { steps }) => {
      if (steps === 0) return;
      memory.weights.write(0, memory.slots.read(from, memory.words, "f32"));
      memory.changed();
    },
  };
}

/** Runs `work` with averaged weights in place of the weights, where the optimizer evaluates with them. */
export async function withAverage<T>(optimizer: Optimizer, memory: AveragedMemory, work: () => Promise<T>): Promise<T> {
  const from = averageOffset(optimizer, memory.words);
  if (!optimizer.rule.average || from === null) return work();
  const weights = memory.weights.read(0, memory.words, "f32").slice();
  memory.weights.write(0, memory.slots.read(from, memory.words, "f32"));
  try {
    return await work();
  } finally {
    memory.weights.write(0, weights);
  }
}

function averageOffset(optimizer: Optimizer, words: number): number | null {
  const at = optimizer.slots.indexOf(optimizer.rule.average ?? emaSlot);
  return at < 0 ? null : at * words;
}
