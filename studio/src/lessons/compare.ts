import type { StudioTrace } from "../../../src/studio/messages.ts";
import type { Measure } from "./lesson-task.ts";
import { doing, extreme } from "./measure.ts";

/** How a prediction compares with what came out, in words and numbers. */
export interface Verdict {
  readonly right: boolean;
  readonly words: string;
}

const percents = (value: number): string => {
  const percent = value * 100;
  if (percent > 0 && percent < 1) return "less than 1 %";
  return `${Math.round(percent)} %`;
};
const shown = (measure: Measure, value: number): string => (measure === "written" ? value.toFixed(2) : percents(value));

/** A step was predicted; the one with the most or the least of a measure came out. */
export function compareSteps(
  { steps }: Pick<StudioTrace, "steps">,
  { values, measure, find }: { values: Float64Array; measure: Measure; find: "most" | "least" },
  predicted: number,
): Verdict {
  const truth = extreme(values, find);
  const word = (t: number) => `“${steps[t].text}”`;
  const there = (t: number) => (Number.isNaN(values[t]) ? "which has none yet" : shown(measure, values[t]));
  const fact = `At ${word(truth)} the network ${doing(measure, find)}: ${there(truth)}.`;
  if (predicted === truth || values[predicted] === values[truth]) return { right: true, words: `Right. ${fact}` };
  const order = [...values.keys()].filter((t) => !Number.isNaN(values[t]));
  order.sort((a, b) => (find === "most" ? values[b] - values[a] : values[a] - values[b]));
  const place = order.indexOf(predicted) + 1;
  const where = place > 0 ? ` It is number ${place} of ${order.length}.` : "";
  return { right: false, words: `Not quite. ${fact} You said ${word(predicted)}: ${there(predicted)}.${where}` };
}

/** Percent were predicted. */
export function comparePercent(truth: number, predicted: number, what: string): Verdict {
  const off = Math.abs(truth * 100 - predicted);
  const right = off <= 5;
  const near = right ? "Right, within 5 points." : off <= 15 ? "Near." : "Not quite.";
  const words = `${near} ${what} is ${percents(truth)}; you said ${predicted} %${right ? "" : `, ${Math.round(off)} points away`}.`;
  return { right, words };
}

/** One of several answers was predicted. */
export function compareChoice(choices: readonly string[], truth: number, predicted: number, facts: string): Verdict {
  const right = truth === predicted;
  const words = right
    ? `Right: ${choices[truth]}. ${facts}`
    : `Not quite: ${choices[truth]}. ${facts} You said: ${choices[predicted]}.`;
  return { right, words };
}
