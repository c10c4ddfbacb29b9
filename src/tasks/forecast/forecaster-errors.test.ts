import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type ErrorCase, errorTests } from "../../../test/error-cases.ts";
import { textClassifier } from "../classify/text-classifier.ts";
import { forecaster, loadForecaster } from "./forecaster.ts";

let folder = "";
const series = Array.from({ length: 40 }, (_, t) => Math.sin(t) + t);
const pairs = series.map((v) => [v, -v]);
const fitted = forecaster({ units: 2, window: 4, horizon: 2, season: 1 });
const paired = forecaster({ units: 2, window: 4, columns: ["up", "down"] });
const quiet = { verbose: 0, epochs: 1 } as const;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-forecast-"));
  await fitted.fit(series, quiet);
  await paired.fit(pairs, quiet);
  const text = textClassifier({ units: 1, embedding: 1 });
  await text.fit(["a", "b", "a", "b"], [0, 1, 0, 1], quiet);
  await text.save(join(folder, "text.keras"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const any = (value: unknown) => value as never;
const holed = (at: number, hole: number) => series.map((v, t) => (t === at ? hole : v));
const cases: ErrorCase[] = [
  ["an empty series", () => forecaster().fit([]), [/numbers/, /empty/]],
  ["no series", () => forecaster().fit(any(undefined)), [/a series/, /undefined/]],
  ["a number", () => forecaster().fit(any(3)), [/a series/, /number/]],
  ["words in a series", () => forecaster().fit(any(["1", "2"])), [/a number in row 0, column 0/, /"1"/, /words out/]],
  ["dates in a series", () => forecaster().fit(any([[new Date(0), 1]])), [/row 0, column 0/, /1970/, /leave dates/]],
  ["null in a series", () => forecaster().fit(any([1, 2, null])), [/row 2, column 0/, /null/, /Fill missing values/]],
  [
    "nothing in a named column",
    () => forecaster({ columns: ["up", "down"] }).fit(any([[1, undefined]])),
    [/row 0, column "down"/, /undefined/, /Fill missing values/],
  ],
  [
    "a validation fraction of all",
    () => forecaster().fit(series, { validationSplit: 1 }),
    [/leaves 4 rows/, /smaller fraction/],
  ],
  ["a seed below zero", () => forecaster({ seed: -1 }), [/seed/, /-1/]],
  ["a misspelt optimizer", () => forecaster(any({ optimiser: "sgd" })), [/mean "optimizer"/]],
  ["a misspelt callback", () => forecaster().fit(series, any({ callback: [] })), [/mean "callbacks"/]],
  ["no options", () => forecaster(any(null)), [/options in braces/, /null/]],
  ["NaN", () => forecaster().fit(holed(7, Number.NaN)), [/row 7, column 0/, /NaN/, /interpolate/]],
  ["infinity", () => forecaster().fit(holed(7, Number.POSITIVE_INFINITY)), [/row 7/, /Infinity/]],
  [
    "NaN in a named column",
    () =>
      forecaster({ columns: ["up", "down"] }).fit([
        [1, 2],
        [1, Number.NaN],
      ]),
    [/row 1, column "down"/],
  ],
  ["rows of different length", () => forecaster().fit([[1, 2], [3]]), [/2 entries/, /1 entries/]],
  ["rank 3", () => forecaster().fit([[[1]]]), [/\[T\] or \[T, D\]/, /\[1, 1, 1\]/]],
  ["three rows", () => forecaster().fit([1, 2, 3]), [/at least 4 rows/, /received 3/, /longer series/]],
  [
    "a window longer than the series",
    () => forecaster({ window: 50, season: 1, differences: [] }).fit(series),
    [/at least 52 rows/, /received 40/],
  ],
  [
    "a horizon longer than the series",
    () => forecaster({ horizon: 60 }).fit(series),
    [/at least \d+ rows/, /received 40/, /horizon/],
  ],
  ["differences longer than the series", () => forecaster({ differences: [50] }).fit(series), [/at least \d+ rows/]],
  [
    "a season longer than the training split",
    () => forecaster({ season: 60, window: 4 }).fit(series),
    [/more than one season of 60/, /received 34/, /1 for none/],
  ],
  ["horizon 0", () => forecaster({ horizon: 0 }), [/horizon/, /received 0/]],
  ["half a horizon", () => forecaster({ horizon: 1.5 }), [/horizon/, /1\.5/]],
  ["window 0", () => forecaster({ window: 0 }), [/window/, /received 0/]],
  ["season -1", () => forecaster({ season: -1 }), [/season/, /-1/]],
  ["a lag of 0", () => forecaster({ differences: [0] }), [/differences/, /1 or more/]],
  ["coverage 1", () => forecaster({ coverage: 1 }), [/coverage/, /between 0 and 1/]],
  ["an unknown strategy", () => forecaster(any({ strategy: "both" })), [/strategy/, /"both"/]],
  ["a mistyped option", () => forecaster(any({ horizn: 3 })), [/"horizn"/, /"horizon"/]],
  ["quantiles fed back", () => forecaster({ strategy: "recursive", intervals: "quantile" }), [/direct/, /gaussian/]],
  ["targets fed back", () => forecaster({ strategy: "recursive", targets: [0] }), [/all columns/, /direct/]],
  ["a target that is no column", () => forecaster({ targets: [2] }).fit(pairs), [/targets from 0 to 1/, /received 2/]],
  [
    "a target of another name",
    () => forecaster({ columns: ["up", "down"], targets: ["dwn"] }).fit(pairs),
    [/"dwn"/, /"down"/],
  ],
  [
    "a target by its number and by its name",
    () => forecaster({ columns: ["up", "down"], targets: [1, "down"] }).fit(pairs),
    [/different columns/, /received "down" twice/],
  ],
  [
    "coverage without intervals",
    () => forecaster({ coverage: 0.8, intervals: "none" }),
    [/intervals beside coverage/, /"conformal"/],
  ],
  [
    "conformal intervals of a network without held-out rows",
    () => forecaster({ window: 4, method: "network", intervals: "conformal" }).fit(series, { validationSplit: 0 }),
    [/a validation split, for conformal intervals/],
  ],
  ["a loss beside quantiles", () => forecaster({ loss: "mae", intervals: "quantile" }), [/quantile intervals alone/]],
  ["units beside own layers", () => forecaster({ units: 3, layers: () => [] }), [/layers only, received units/]],
  [
    "patience without validation data",
    () => forecaster({ window: 4 }).fit(series, { patience: 2, validationSplit: 0 }),
    [/patience: expected rows for validation/, /validationSplit above 0/],
  ],
  ["the same target twice", () => forecaster({ targets: [0, 0] }), [/different columns/]],
  [
    "names for other columns",
    () => forecaster({ columns: ["up"] }).fit(pairs),
    [/1 column: up/, /received 2/, /one name a column/],
  ],
  [
    "the logarithm of 0",
    () => forecaster({ logarithm: true }).fit(series),
    [/above 0 in row 0/, /received 0/, /logarithm: false/],
  ],
  ["epochs 0", () => forecaster().fit(series, { epochs: 0 }), [/epochs/, /received 0/]],
  [
    "a validation split below the horizon",
    () => forecaster({ horizon: 8, window: 4 }).fit(series, { validationSplit: 0.1 }),
    [/validation split of 8/, /received 4/, /0\.20/],
  ],
  [
    "Gaussian intervals without a validation split",
    () => forecaster({ intervals: "gaussian", window: 4 }).fit(series, { validationSplit: 0 }),
    [/validation split/, /quantile/],
  ],
  ["prediction before training", () => forecaster().predict(series), [/trained/, /fit/]],
  [
    "a history shorter than the window",
    () => fitted.predict([1, 2]),
    [/at least [45] rows/, /received 2/, /a forecast reads/],
  ],
  [
    "steps beyond the horizon",
    () => fitted.predict(series, { horizon: 3 }),
    [/at most the 2/, /received 3/, /recursive/],
  ],
  ["other columns than trained on", () => fitted.predict(pairs), [/1 column,/, /received 2/, /order/]],
  ["one column too few", () => paired.predict(series), [/2 columns: up, down/, /received 1/, /trained on/]],
  ["nothing after the training rows", () => fitted.evaluate(series), [/42 rows/, /received 40/, /from/]],
  [
    "a test that begins before the first window",
    () => fitted.evaluate(series, { from: 2 }),
    [/from: \d or more/, /received 2/],
  ],
  ["a gap in the test", () => fitted.evaluate(holed(39, Number.NaN), { from: 30 }), [/row 39/, /NaN/]],
  [
    "a backtest with tests below the horizon",
    () => forecaster({ horizon: 5 }).backtest(series, { testRows: 3 }),
    [/testRows/, /5 or more/],
  ],
  [
    "more folds than rows",
    () => forecaster().backtest(series, { folds: 60 }),
    [/at least 61 rows for 60 folds/, /fewer folds/],
  ],
  ["a model of another task", () => loadForecaster(join(folder, "text.keras")), [/forecaster saved/, /textClassifier/]],
  ["save under another name", () => fitted.save("model.onnx"), [/\.keras/, /model\.onnx/]],
];

errorTests(cases);
