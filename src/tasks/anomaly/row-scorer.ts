import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { rowsOf } from "../forecast/series.ts";
import type { DetectorLearned } from "./learned.ts";
import { errorOf, networkFinds } from "./network-errors.ts";
import { placesIn } from "./places.ts";
import { rowsFor } from "./rows-for.ts";
import { Scorer, Seasons, scaled } from "./scorer.ts";
import type { StreamedRow } from "./streamed-row.ts";

/** Scores one row after the other. */
export class RowScorer {
  readonly #model: Model;
  readonly #learned: DetectorLearned;
  readonly #threshold: number;
  readonly #seasons: Seasons;
  readonly #scorer: Scorer;
  #last: number[][] = []; // deviations that the network reads, one list a row
  #row = 0;

  constructor(model: Model, learned: DetectorLearned, threshold: number) {
    this.#model = model;
    this.#learned = learned;
    this.#threshold = threshold;
    this.#seasons = new Seasons(learned);
    this.#scorer = new Scorer(learned);
  }

  async next(row: readonly number[], date: string | null): Promise<StreamedRow> {
    const who = "anomalyDetector.stream";
    const { method, window, usual } = this.#learned;
    const values = rowsFor(this.#learned, [row], who).values.map(([v]) => v);
    const [place] = placesIn(this.#learned, date === null ? null : [date], this.#row, 1, who);
    const expected = this.#seasons.next(values, place);
    const inputs = expected.deviations.map((v, k) => scaled(v, usual[k].scale));
    const read = [...this.#last, inputs]; // the row itself last: an autoencoder reads it too
    this.#last = read.slice(-window);
    const enough = read.length > (method === "forecast" ? window : window - 1);
    const found = enough ? await networkFinds(this.#model, method, arrayOf(read), window) : null;
    const errors = usual.map(({ scale }, k) =>
      errorOf(method, found?.[k].at(-1) ?? Number.NaN, expected.deviations[k], scale),
    );
    const { column, ...scored } = this.#scorer.next(values, expected.deviations, errors);
    const alarm = scored.score > this.#threshold;
    const at = { row: this.#row++, date, threshold: this.#threshold, alarm };
    return { ...at, ...scored, column, value: values[column], usual: expected.usual[column] };
  }
}

/** Rows as [T, D], in double precision. */
const arrayOf = (rows: readonly (readonly number[])[]): NdArray =>
  rowsOf(rows[0].map((_, k) => rows.map((row) => row[k])));
