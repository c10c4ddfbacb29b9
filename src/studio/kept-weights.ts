import type { Model } from "../index.ts";

/** Networks that are kept at most, and their bytes together. */
const mostKept = 200;
const mostBytes = 64 * 2 ** 20;

/** A network as it was after some steps of its training, weights and optimizer: bounded in memory, the older ones ever farther apart. */
export class KeptWeights {
  #kept: { readonly step: number; readonly bytes: Uint8Array }[] = [];
  /** Of so many epochs one is kept. */
  #every = 1;

  /** Keeps the model after an epoch; too many, and every second one goes. A step that is kept already is left as it is. */
  keep(model: Model, step: number, epoch: number): void {
    if (epoch % this.#every !== 0 || this.#kept.some((one) => one.step === step)) return;
    const bytes = model.snapshot();
    if (this.#kept.length > 0 && bytes.length * 2 > mostBytes) return; // too large for more than the beginning
    this.#kept.push({ step, bytes });
    while (this.#kept.length > 2 && (this.#kept.length > mostKept || this.bytes > mostBytes)) {
      this.#kept = this.#kept.filter((_, k) => k % 2 === 0);
      this.#every *= 2;
    }
  }

  /** The bytes of the model after a step; null where it is not kept. */
  at(step: number): Uint8Array | null {
    return this.#kept.find((one) => one.step === step)?.bytes ?? null;
  }

  get steps(): number[] {
    return this.#kept.map(({ step }) => step);
  }
  get bytes(): number {
    return this.#kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}
