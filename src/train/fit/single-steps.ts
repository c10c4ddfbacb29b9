import type { Memory } from "../../backends/backend.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Parameters } from "../parameters.ts";
import { type LastGood, lastGoodOf, type Repeatable } from "./last-good.ts";
import { noNumber } from "./no-number.ts";
import { copyRows, type Rows } from "./rows.ts";
import type { OptimizerState } from "./session.ts";

/** Training on batches that a program brings one at a time, able to go back to before a loss that is no number. */
export class SingleSteps {
  readonly #good: LastGood<Rows>;
  readonly #state: OptimizerState;
  readonly #train: (rows: Rows) => Promise<void>;

  constructor(
    optimizer: Optimizer,
    store: Parameters,
    place: { weights: Memory; state: OptimizerState },
    steps: Pick<Repeatable<Rows>, "train" | "loss" | "reset">,
  ) {
    this.#state = place.state;
    this.#train = steps.train;
    const keep = copyRows; // the arrays are the program's, which may fill them again
    this.#good = lastGoodOf<Rows>(optimizer, store, place, { ...steps, steps: (rows) => [rows], keep });
  }

  /** One step. Throws DataError where its loss is no finite number, the weights put back, unless told to continue. */
  async take(who: string, rows: Rows, onNaN: "error" | "continue" | null): Promise<void> {
    if (onNaN === "continue") return this.#train(rows);
    const begun = this.#state.iterations;
    const broken = await this.#good.train(rows);
    if (broken) throw noNumber(who, broken, `step ${begun + broken.step + 1}`);
  }
}
