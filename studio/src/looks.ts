import { effect, signal } from "@preact/signals";
import type { Attention, BaselineName, Factored, Gradients, Parts, Tell } from "../../src/studio/messages.ts";
import { ask } from "./client.ts";
import { cell, trace, unitOrder } from "./state.ts";

/** A further look at what was traced: asked for while its lane is open, and again with every input. */
interface Look<T> {
  readonly open: { value: boolean };
  readonly found: { value: T | null };
  /** Why there is nothing to show; "" otherwise. */
  readonly problem: { value: string };
}

const pause = 200; // ms after a trace: an input that is still typed is traced first

function look<T>(
  answer: (tell: Tell) => T | null,
  question: () => Promise<Tell | null>,
  alike: () => unknown,
): Look<T> {
  const [open, found, problem] = [signal(false), signal<T | null>(null), signal("")];
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const [wanted, seen] = [open.value, trace.value];
    alike();
    clearTimeout(timer);
    if (!seen) found.value = null;
    if (!wanted || !seen) return;
    timer = setTimeout(async () => {
      const tell = await question();
      if (!tell || trace.value !== seen) return; // stale: the newer trace asks again
      const next = answer(tell);
      problem.value = tell.tell === "failed" ? tell.problem : "";
      if (next || tell.tell === "failed") found.value = next;
    }, pause);
  });
  return { open, found, problem };
}

const traced = () => ({ input: trace.value!.input, replace: trace.value!.replace });

/** The output that is explained; null: the most probable one. */
export const target = signal<number | null>(null);
export const baseline = signal<BaselineName>("zeros");

export const parts = look<Parts>(
  (tell) => (tell.tell === "attributed" ? tell.parts : null),
  () => ask("attribute", { ...traced(), baseline: baseline.value, target: target.value }),
  () => [baseline.value, target.value],
);
export const gradients = look<Gradients>(
  (tell) => (tell.tell === "reached" ? tell.gradients : null),
  () => ask("gradients", { ...traced(), target: target.value }),
  () => target.value,
);
export const attention = look<Attention>(
  (tell) => (tell.tell === "attended" ? tell.attention : null),
  () => ask("attention", traced()),
  () => null,
);
export const factors = look<Factored>(
  (tell) => (tell.tell === "factored" ? tell.factors : null),
  () => ask("factors", { ...traced(), cell: cell.value!.name }),
  () => cell.value,
);

/** The factors of the shown cell; null where they are of another one, or not wanted. */
export const shownFactors = (): Factored | null => {
  const { value: found } = factors.found;
  return factors.open.value && found && found.cell === cell.value?.name ? found : null;
};
effect(() => {
  unitOrder.value = shownFactors()?.order ?? null;
});
