import { DataError, option, problem, sentence } from "../../../errors.ts";
import type { Model } from "../../../models/model.ts";
import type { NdArray } from "../../../tensor/nd-array.ts";
import { roomFor } from "./batches.ts";
import type { Seen, View } from "./view.ts";
import { baseAt, writeWindow } from "./windows.ts";

const rows = 512; // windows held at once

/** A place that a forecast begins at. */
export interface Origin {
  readonly seen: Seen;
  /** Steps before it. */
  readonly at: number;
}

/** The network's forecasts on its own scale, a few hundred windows at a time. Throws DataError where one is no number. */
export async function networkForecasts(
  model: Model,
  view: View,
  origins: Iterable<Origin>,
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const { horizon: H } = view;
  const out: Float64Array[] = [];
  const batch: (Origin & { unit: number })[] = [];
  const room = roomFor(view, rows);
  const flush = async () => {
    const x = room.inputs.map((array) => array.slice(0, batch.length));
    const p = (await model.predict(x, { batchSize: rows, signal })) as NdArray;
    batch.forEach(({ seen, at, unit }, i) => {
      const levels = baseAt(view, seen, at);
      const width = p.size / batch.length; // networks · horizon
      for (let k = 0; k < width; k++) levels[k % H] += (p.data[i * width + k] * unit * H) / width;
      if (levels.some((v) => !Number.isFinite(v))) refuse();
      out.push(levels);
    });
    batch.length = 0;
  };
  for (const { seen, at } of origins) {
    batch.push({ seen, at, unit: writeWindow(view, seen, at, room.at(batch.length)) });
    if (batch.length === rows) await flush();
  }
  if (batch.length > 0) await flush();
  return out;
}

function refuse(): never {
  const next = sentence`Train again with a smaller ${option("learningRate")}, and look for extreme values in the series.`;
  const what = problem("globalForecaster", "a network that forecasts finite numbers", "others", next);
  throw new DataError(what.as("CELLSTATE_NOT_FINITE"));
}
