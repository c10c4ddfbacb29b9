import type { Model } from "../../models/model.ts";
import { inTurn } from "../shared/in-turn.ts";
import type { DetectorLearned } from "./learned.ts";
import type { RowScorer } from "./row-scorer.ts";
import type { StreamedRow } from "./streamed-row.ts";

/** Rows one after the other, scored as `detect` scores them; made by a detector's `stream`. */
export class AnomalyStream {
  readonly #begin: () => Promise<RowScorer>;
  readonly #inTurn = inTurn();
  #rows: RowScorer | null = null;

  constructor(model: Model, learned: DetectorLearned, threshold: number) {
    this.#begin = async () => new (await import("./row-scorer.ts")).RowScorer(model, learned, threshold);
  }

  /**
   * Scores the next row: a number, or one for each column; with its date where the detector was trained with dates. Rejects with DataError for
   * what is no number or no date, which does not count as read.
   *
   *   const { alarm, score } = await live.update(71.3, "2024-03-01T10:05");
   */
  update(values: number | readonly number[], date: string | null = null): Promise<StreamedRow> {
    return this.#inTurn(async () => {
      this.#rows ??= await this.#begin();
      return this.#rows.next(typeof values === "number" ? [values] : values, date);
    });
  }
}
