import type { NdArray } from "../tensor/nd-array.ts";
import type { PredictSession } from "./engine.ts";

const most = 8; // programs; who asks for ever other shapes would fill memory

/** Programs of predictions by the shapes they read; a ninth takes the place of all before. */
export class PredictSessions {
  readonly #made = new Map<string, PredictSession>();

  find(inputs: readonly NdArray[]): PredictSession | undefined {
    return this.#made.get(shapesOf(inputs));
  }

  keep(inputs: readonly NdArray[], session: PredictSession): PredictSession {
    if (this.#made.size >= most) this.free();
    this.#made.set(shapesOf(inputs), session);
    return session;
  }

  free(): void {
    for (const session of this.#made.values()) session.free();
    this.#made.clear();
  }
}

const shapesOf = (inputs: readonly NdArray[]): string => inputs.map(({ shape }) => String(shape)).join(";");
