import type { CellName, RaceFlow, RaceSettings, RaceState } from "../../../src/studio/messages.ts";
import { gateWords } from "../gates.ts";
import { digits, type Figure, fileName, type Table } from "./figure.ts";
import { framed } from "./frame.ts";
import { type DrawnLine, logLines } from "./log-lines.ts";

const taskNames: Readonly<Record<RaceSettings["task"], string>> = {
  adding: "adding problem",
  recall: "delayed recall",
};
const looks: Readonly<Record<CellName, { colour: string; dash: string }>> = {
  simpleRnn: { colour: "#b4540a", dash: "2 3" },
  lstm: { colour: "#155a9c", dash: "" },
  gru: { colour: "#2b7239", dash: "9 4" },
};

/** The race in words: what every caption says. */
function raceWords({ task, length, equal, units, seeds, seed }: RaceSettings, step: number): string {
  const size = equal === "units" ? `${units} units` : `as many parameters as an LSTM of ${units} units`;
  const range = seeds === 1 ? `Seed ${seed}` : `Seeds ${seed} to ${seed + seeds - 1}`;
  return `Race on the ${taskNames[task]}, ${length} steps, ${size}. ${range}, after ${step} training steps.`;
}

/** The columns that every row of a race's file begins with. */
const facts = ({ task, length }: RaceSettings): Record<string, string | number> => ({ task: taskNames[task], length });
const nameOf = ({ task, length }: RaceSettings, what: string): string =>
  fileName("race", task, `${length} steps`, what);

interface Rows {
  readonly cell: CellName;
  readonly rows: readonly Float64Array[];
}

/** A row for each network, seed and place. */
function tableOf(
  settings: RaceSettings,
  at: Float64Array,
  [place, value]: [string, string],
  networks: readonly Rows[],
): Table {
  const own = facts(settings);
  return {
    columns: [...Object.keys(own), "network", "seed", place, value],
    rows: networks.flatMap(({ cell, rows }) =>
      rows.flatMap((values, k) =>
        Array.from(at, (x, i) => [
          ...Object.values(own),
          gateWords.kinds[cell],
          settings.seed + k,
          x,
          digits(values[i] ?? Number.NaN),
        ]),
      ),
    ),
  };
}

/** A thin line for each seed, a thick one for their mean. */
function linesOf(at: Float64Array, networks: readonly Rows[], ending = "", seeds = true): DrawnLine[] {
  return networks.flatMap(({ cell, rows }): DrawnLine[] => {
    const mean = Float64Array.from(at, (_, k) => meanOf(rows.map((values) => values[k])));
    const thin =
      seeds && rows.length > 1 ? rows.map((y): DrawnLine => ({ name: "", y, thin: true, ...looks[cell] })) : [];
    return [...thin, { name: `${gateWords.kinds[cell]}${ending}`, y: mean, ...looks[cell] }];
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The losses of a race. */
export function raceLossFigure(state: RaceState, settings: RaceSettings): Figure {
  const { at, networks, baseline, step } = state;
  const rows = networks.map(({ cell, losses }) => ({ cell, rows: losses }));
  const title = "Loss on rows held out, by training step";
  const sizes = networks.map(
    ({ cell, units, parameters, learningRate }) =>
      `${gateWords.kinds[cell]}: ${units} units, ${parameters} parameters, learning rate ${learningRate}`,
  );
  const caption = `${raceWords(settings, step)} ${sizes.join("; ")}. Thick: the mean of the seeds. Who has learned nothing: ${baseline.toPrecision(3)}.`;
  return {
    name: nameOf(settings, "losses"),
    title,
    caption,
    table: tableOf(settings, at, ["training_step", "loss"], rows),
    svg: () => framed(title, caption, logLines(at, linesOf(at, rows), { x: "training step", y: "loss" })),
  };
}

/** The gradient flow of a race's networks, and of those that had not trained yet. */
export function raceFlowFigure(now: RaceFlow, before: RaceFlow | null, settings: RaceSettings): Figure {
  const rows = (flow: RaceFlow) => flow.networks.map(({ cell, shares }) => ({ cell, rows: shares }));
  const at = Float64Array.from(now.networks[0].shares[0], (_, t) => t + 1);
  const title = "Gradient of the output at the last step that reaches each step, last step = 1";
  const untrained = before && now.step > 0 ? before : null;
  const caption = `${raceWords(settings, now.step)} Means over seeds${untrained ? "; dotted: before training" : ""}. For h; in the LSTM for c.`;
  const fresh = (line: DrawnLine): DrawnLine => ({ ...line, dash: "1.5 5" });
  return {
    name: nameOf(settings, "gradient flow"),
    title,
    caption,
    table: tableOf(settings, at, ["step", "gradient"], rows(now)),
    svg: () => {
      const lines = linesOf(at, rows(now), "", false);
      const old = untrained ? linesOf(at, rows(untrained), ", untrained", false).map(fresh) : [];
      return framed(title, caption, logLines(at, [...lines, ...old], { x: "step of the sequence", y: "gradient" }));
    },
  };
}
