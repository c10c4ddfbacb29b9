import { DataError, problem, showValue, unknownOption } from "../errors.ts";
import { type Ask, type Asks, baselineNames, cellNames, raceEquals, raceTasks, trainLabs } from "./messages.ts";

interface Field {
  readonly expected: string;
  fits(value: unknown): boolean;
}

const text = (most: number): Field => ({
  expected: `a text of at most ${most} characters`,
  fits: (v) => typeof v === "string" && v.length <= most,
});
const whole = (least: number, most: number): Field => ({
  expected: `a whole number from ${least} to ${most}`,
  fits: (v) => Number.isInteger(v) && Number(v) >= least && Number(v) <= most,
});
const number = (least: number, most: number): Field => ({
  expected: `a number from ${least} to ${most}`,
  fits: (v) => typeof v === "number" && v >= least && v <= most,
});
const oneOf = (names: readonly string[]): Field => ({
  expected: `one of ${names.join(", ")}`,
  fits: (v) => typeof v === "string" && names.includes(v),
});
const flag: Field = { expected: "true or false", fits: (v) => typeof v === "boolean" };
const named = text(300);
const place = whole(0, 1_000_000);
const clamp: Field = {
  expected: "null, or { cell, gate, step, unit, value }",
  fits(v) {
    if (v === null) return true;
    if (typeof v !== "object") return false;
    const { cell, gate, step, unit, value, ...rest } = v as Record<string, unknown>;
    const whichUnit = unit === null || place.fits(unit);
    const whichStep = step === null || place.fits(step);
    const fits = named.fits(cell) && named.fits(gate) && number(-1000, 1000).fits(value);
    return fits && whichUnit && whichStep && Object.keys(rest).length === 0;
  },
};
const target: Field = { expected: "null, or the number of an output", fits: (v) => v === null || place.fits(v) };
const replace: Field = {
  expected: "null, or { step, by }",
  fits(v) {
    if (v === null) return true;
    if (typeof v !== "object") return false;
    const { step, by, ...rest } = v as Record<string, unknown>;
    return place.fits(step) && text(300).fits(by) && Object.keys(rest).length === 0;
  },
};
const bytes: Field = { expected: "bytes", fits: (v) => v instanceof Uint8Array };

const weights: Field = { expected: "bytes, or nothing", fits: (v) => v === undefined || bytes.fits(v) };

/** Characters of an input at most: more than a reader looks at, less than stops a page. */
export const longestInput = 20_000;

/** Lines of a small corpus at most, and characters of each. */
export const mostLines = 300;
export const longestLine = 2000;

/** Bounds of what can be asked, which the page's controls and its links share. */
export const bounds = {
  top: [1, 20],
  depth: [1, 3],
  temperature: [0.05, 5],
  units: [1, 256],
  rate: [1e-5, 1],
  steps: [1, 100_000],
  seed: [0, 2 ** 31 - 1],
  length: [10, 200],
  raceUnits: [1, 64],
  raceSteps: [1, 5000],
  seeds: [1, 5],
  dropout: [0, 0.9],
  zeros: [0, 200],
} as const;

const fields: { readonly [K in keyof Asks]: Readonly<Record<Exclude<keyof Asks[K], "id" | "ask">, Field>> } = {
  open: { name: text(1000), bytes, weights },
  compare: { name: text(1000), bytes, weights, input: text(longestInput) },
  trace: { input: text(longestInput), clamp, replace },
  attribute: { input: text(longestInput), replace, baseline: oneOf(baselineNames), target },
  gradients: { input: text(longestInput), replace, target },
  attention: { input: text(longestInput), replace },
  factors: { input: text(longestInput), replace, cell: named },
  worked: { input: text(longestInput), replace, cell: named, step: place, unit: place },
  padding: { input: text(longestInput), zeros: whole(...bounds.zeros), after: flag },
  units: {
    texts: {
      expected: `1 to ${mostLines} texts of at most ${longestLine} characters`,
      fits: (v) => Array.isArray(v) && v.length > 0 && v.length <= mostLines && v.every(text(longestLine).fits),
    },
    cell: { expected: "null, or the name of a cell", fits: (v) => v === null || named.fits(v) },
  },
  nearest: { line: place, step: place },
  write: {
    prompt: text(longestInput),
    top: whole(...bounds.top),
    depth: whole(...bounds.depth),
    temperature: number(...bounds.temperature),
  },
  data: { name: text(1000), bytes },
  train: {
    lab: oneOf(trainLabs),
    cell: oneOf(cellNames),
    units: whole(...bounds.units),
    rate: number(...bounds.rate),
    steps: whole(...bounds.steps),
    seed: whole(...bounds.seed),
    dropout: number(...bounds.dropout),
    paused: flag,
  },
  rewind: { step: place },
  race: {
    task: oneOf(raceTasks),
    length: whole(...bounds.length),
    equal: oneOf(raceEquals),
    units: whole(...bounds.raceUnits),
    seeds: whole(...bounds.seeds),
    steps: whole(...bounds.raceSteps),
    seed: whole(...bounds.seed),
    paused: flag,
  },
  flow: {},
  pause: { on: flag },
  step: {},
  cancel: {},
  save: {},
  hello: {},
};

/**
 * A message from the page, checked: every option there and in range, none that is unknown. Throws DataError.
 *
 *   readAsk({ id: 1, ask: "pause", on: true }); // { "id": 1, "ask": "pause", "on": true }
 */
export function readAsk(message: unknown): Ask {
  if (typeof message !== "object" || message === null)
    throw new DataError(problem("studio", "a message { id, ask, ... }", message === null ? "null" : typeof message));
  const { id, ask, ...given } = message as Record<string, unknown>;
  if (!Number.isSafeInteger(id)) throw new DataError(problem("studio: id", "a whole number", showValue(id)));
  if (typeof ask !== "string" || !Object.hasOwn(fields, ask))
    throw new DataError(problem("studio: ask", `one of ${Object.keys(fields).join(", ")}`, showValue(ask)));
  const known: Readonly<Record<string, Field>> = fields[ask as keyof Asks];
  for (const name of Object.keys(given))
    if (!Object.hasOwn(known, name)) throw new DataError(unknownOption(`studio ${ask}`, name, Object.keys(known)));
  for (const [name, { expected, fits }] of Object.entries(known))
    if (!fits(given[name])) {
      const found = given[name] === undefined ? "nothing" : showValue(given[name]);
      throw new DataError(problem(`studio ${ask}: ${name}`, expected, found.slice(0, 100)));
    }
  return message as Ask;
}
