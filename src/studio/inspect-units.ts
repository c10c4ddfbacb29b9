import { CellstateError, DataError, problem } from "../errors.ts";
import { factors, type LayerTrace, linearProbe, nearestStates, trace, units } from "../explain/index.ts";
import { NdArray } from "../index.ts";
import type { NearStep, Step, UnitsSeen } from "./messages.ts";
import type { OpenModel, Reading } from "./open-model.ts";

interface Line {
  readonly text: string;
  readonly reading: Reading;
  readonly layer: LayerTrace;
}

/** The units of a cell over lines of text, and a way back to the lines' states. */
export interface Inspected {
  readonly seen: UnitsSeen;
  /** The steps whose states are nearest to that of one, by cosine. */
  nearest(line: number, step: number): NearStep[];
}

/**
 * The units of a cell, of the first one where none is named, over lines of text: their correlation with position and simple features, beside what chance alone finds; groups of
 * units that act together; and whether a linear probe tells the features.
 */
export async function inspectUnits(open: OpenModel, texts: readonly string[], cell: string | null): Promise<Inspected> {
  if (open.about.input !== "words" && open.about.input !== "characters")
    throw new DataError(problem("units", "a model that reads text", open.about.input));
  const lines: Line[] = [];
  let unread = 0;
  for (const text of texts) {
    const reading = await readingOf(open, text);
    if (!reading) unread++;
    else lines.push({ text, reading, layer: await layerOver(open, reading, cell) });
  }
  if (lines.length < 2)
    throw new DataError(problem("units", "two lines that the model can read", String(lines.length), "Add some lines."));
  const layer = stacked(lines);
  const value = layer.values.c ? "c" : "h";
  const features = featuresOf(lines, layer.h.shape[1]);
  const report = units(layer, { value, features });
  const size = layer.h.shape[2];
  const seen: UnitsSeen = {
    probes: probesOf(layer, features, idsOf(lines, layer.h.shape[1])),
    factors: groupsOf(layer, lines),
    ...{ cell: layer.name, value, size, unread, units: report.units, features: report.features },
    steps: lines.reduce((sum, { reading }) => sum + reading.steps.length, 0),
    lines: lines.map(({ text, reading, layer: own }) => ({
      text,
      steps: reading.steps,
      values: Float32Array.from(shownValues(own.values[value], reading)),
    })),
  };
  return { seen, nearest };

  function nearest(line: number, step: number): NearStep[] {
    const count = lines[line]?.reading.steps.length ?? 0;
    if (step >= count)
      throw new DataError(problem("nearest", "a step of the lines", `step ${step + 1} of line ${line + 1}`));
    const found = nearestStates(layer, { row: line, step, count: 8 });
    return found.map(({ row, step: at, distance }) => ({ line: row, step: at, distance }));
  }
}

const mostProbed = 512; // units: a ridge regression inverts a matrix of their square

/** The features that are true or false at each step, told by a linear map of the outputs; words have random labels in the control task. */
function probesOf(layer: LayerTrace, features: Record<string, NdArray>, ids: NdArray): UnitsSeen["probes"] {
  const size = layer.h.shape[2];
  return ["after a negation", "a word seen before in the line"].map((label) => {
    if (size > mostProbed)
      return { label, probe: null, problem: `More than ${mostProbed} units: a probe would take minutes.` };
    try {
      return { label, probe: linearProbe(layer, features[label], { ids }), problem: "" };
    } catch (error) {
      if (error instanceof CellstateError) return { label, probe: null, problem: error.message };
      throw error;
    }
  });
}

/** A number for each word, the same wherever it occurs. */
function idsOf(lines: readonly Line[], longest: number): NdArray {
  const known = new Map<string, number>();
  return perStep(lines, longest, ({ text }) => {
    if (!known.has(text)) known.set(text, known.size);
    return known.get(text)!;
  });
}

const mostWork = 2e9; // multiplications of a factorization, about a second

/** Groups of units that are active together over the lines, with the words at which they are. */
function groupsOf(layer: LayerTrace, lines: readonly Line[]): UnitsSeen["factors"] {
  const [rows, longest, size] = layer.h.shape;
  const steps = lines.reduce((sum, { reading }) => sum + reading.steps.length, 0);
  const count = Math.min(4, size, steps);
  const rounds = Math.max(5, Math.min(200, Math.floor(mostWork / (12 * steps * size * count))));
  const { activity, units: parts, explained } = factors(layer, { count, rounds });
  const strongest = Array.from({ length: size }, (_, j) => {
    const own = Array.from({ length: count }, (_, f) => Math.abs(parts.at(f, j)));
    return own.indexOf(Math.max(...own));
  });
  const groups = Array.from({ length: count }, (_, f) => {
    const words = new Map<string, { sum: number; times: number }>();
    for (const [row, { reading }] of lines.entries())
      for (const [t, { text }] of reading.steps.entries()) {
        const { sum, times } = words.get(text) ?? { sum: 0, times: 0 };
        words.set(text, { sum: sum + activity.data[(f * rows + row) * longest + t], times: times + 1 });
      }
    const means = [...words].map(([text, { sum, times }]) => ({ text, activity: sum / times }));
    const members = strongest.flatMap((own, unit) => (own === f ? [unit] : []));
    return { units: members, words: means.sort((a, b) => b.activity - a.activity).slice(0, 6) };
  });
  return { explained, groups };
}

/** A line as the model reads it; null for one without a word that it knows. */
async function readingOf(open: OpenModel, text: string): Promise<Reading | null> {
  try {
    return await open.read(text);
  } catch (error) {
    if (error instanceof CellstateError) return null;
    throw error;
  }
}

async function layerOver({ model }: OpenModel, { inputs }: Reading, cell: string | null): Promise<LayerTrace> {
  const { layers } = await trace(model, inputs);
  const found = cell === null ? layers[0] : layers.find(({ name }) => name === cell);
  if (found) return found;
  throw new DataError(problem("units: cell", `one of ${layers.map(({ name }) => name).join(", ")}`, String(cell)));
}

/** The values of the line's own steps, without padding. */
function shownValues(values: NdArray, { from, steps }: Reading) {
  const size = values.shape[2];
  return values.data.subarray(from * size, (from + steps.length) * size);
}

/** Traces of one line each as one, [lines, longest, H]; a mask says where a line has ended. */
function stacked(lines: readonly Line[]): LayerTrace {
  const [{ layer: first }] = lines;
  const longest = Math.max(...lines.map(({ reading }) => reading.steps.length));
  const values = Object.fromEntries(
    Object.keys(first.values).map((name) => {
      const size = first.values[name].shape[2];
      const all = new Float32Array(lines.length * longest * size).fill(Number.NaN);
      for (const [row, { reading, layer }] of lines.entries())
        all.set(shownValues(layer.values[name], reading), row * longest * size);
      return [name, new NdArray(all, [lines.length, longest, size])];
    }),
  );
  const mask = perStep(lines, longest, () => 1);
  return { ...first, ...values, h: values.h, values, mask, initial: null };
}

const negations = /^(not|no|never|nothing|nobody|none|neither|nor|cannot|without|\w+n't)$/;

/** A number for each step: what a reader may guess that a unit follows. */
function featuresOf(lines: readonly Line[], longest: number): Record<string, NdArray> {
  return {
    "length of the word": perStep(lines, longest, ({ text }) => text.length),
    "after a negation": perStep(lines, longest, (_, t, steps) =>
      Number(steps.slice(0, t + 1).some(({ text }) => negations.test(text))),
    ),
    "a word seen before in the line": perStep(lines, longest, ({ text }, t, steps) =>
      Number(steps.slice(0, t).some((before) => before.text === text)),
    ),
    "length of the line": new NdArray(
      Float32Array.from(lines, ({ reading }) => reading.steps.length),
      [lines.length],
    ),
  };
}

function perStep(
  lines: readonly Line[],
  longest: number,
  number: (step: Step, t: number, steps: readonly Step[]) => number,
): NdArray {
  const all = new Float32Array(lines.length * longest);
  for (const [row, { reading }] of lines.entries())
    for (const [t, step] of reading.steps.entries()) all[row * longest + t] = number(step, t, reading.steps);
  return new NdArray(all, [lines.length, longest]);
}
