import { signal } from "@preact/signals";
import { type Asks, type CellName, cellNames } from "../../src/studio/messages.ts";
import { bounds } from "../../src/studio/read-ask.ts";
import { labCard, labCards, type PageLab } from "./page-labs.ts";

/** The settings of a training on the page. */
export type TrainingSettings = Omit<Asks["train"], "id" | "ask" | "paused" | "lab"> & { readonly lab: PageLab };

export const layerNames: Readonly<Record<CellName, string>> = { lstm: "LSTM", gru: "GRU", simpleRnn: "simple RNN" };
export const labNames = Object.fromEntries(labCards.map(({ id, title }) => [id, title])) as Readonly<
  Record<PageLab, string>
>;

/** The usual settings of a lab. */
export const usualSettings = (lab: PageLab): TrainingSettings => ({
  lab,
  cell: "lstm",
  ...labCard(lab).settings,
  seed: 1,
  dropout: 0,
});

/** The training that the page would begin, which links carry. */
export const trainingWanted = signal<TrainingSettings>(usualSettings("adding"));

/** The names of the settings in a link: `units`, `steps` and `seed` are those of a race too, `cell` is the one that is shown. */
export const trainingParts = ["train", "layer", "rate", "dropout", "units", "steps", "seed"] as const;

export function trainingInLink({ lab, cell, ...numbers }: TrainingSettings): Record<string, string> {
  const parts = Object.entries(numbers).map(([name, value]) => [name, String(value)]);
  return { train: lab, layer: cell, ...Object.fromEntries(parts) };
}

/** The settings in a link's parts; what is missing is as the lab has it, what is unsound too, and is told to `say`. */
export function readTraining(parts: URLSearchParams, say: (name: string, expected: string) => void): TrainingSettings {
  const named = <T extends string>(name: string, all: readonly T[], usual: T): T => {
    const value = parts.get(name);
    const found = all.find((one) => one === value);
    if (value !== null && !found) say(name, `one of ${all.join(", ")}`);
    return found ?? usual;
  };
  const lab = named("train", labCards.map(({ id }) => id), trainingWanted.value.lab); // biome-ignore format: one line
  const usual = lab === trainingWanted.value.lab ? trainingWanted.value : usualSettings(lab);
  const number = (name: "units" | "steps" | "seed" | "rate" | "dropout"): number => {
    const [least, most] = bounds[name];
    const value = parts.get(name);
    if (value === null) return usual[name];
    const decimal = name === "rate" || name === "dropout";
    const written = (decimal ? /^\d{0,3}(\.\d{1,9})?(e-\d{1,2})?$/ : /^\d{1,10}$/).test(value) && value !== "";
    if (written && Number(value) >= least && Number(value) <= most) return Number(value);
    say(name, `a ${decimal ? "number" : "whole number"} from ${least} to ${most}`);
    return usual[name];
  };
  return {
    lab,
    cell: named("layer", cellNames, usual.cell),
    units: number("units"),
    rate: number("rate"),
    steps: number("steps"),
    seed: number("seed"),
    dropout: number("dropout"),
  };
}
