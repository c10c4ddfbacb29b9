import type { RaceFlow, RaceSettings, RaceState } from "../../src/studio/messages.ts";
import { gateWords } from "./gates.ts";
import { percent } from "./parts/ribbons.tsx";

/** Below this part of what guessing has, a network has learned its task. */
const learnedBelow = 0.1;
/** A gradient that is a smaller part than this of the last step's has vanished. */
const vanishedBelow = 1e-3;
/** 32-bit numbers end here. */
export const smallest = 1e-38;

/** The number of seeds whose loss says that the task is learned. */
export const learned = (losses: readonly Float64Array[], baseline: number): number =>
  losses.filter((loss) => loss[loss.length - 1] < learnedBelow * baseline).length;

/** In words, who has learned the task by now. */
export function raceSentence(
  { state, step, steps, networks, baseline }: RaceState,
  length: number,
  task: RaceSettings["task"],
): string {
  const where = { running: "Training", paused: "Held", done: "Done" }[state];
  const what =
    task === "adding"
      ? `to add the two marked numbers of ${length}`
      : `to recall the symbol it was shown ${length - 1} steps before`;
  const each = networks.map(({ cell, losses }) => {
    const count = learned(losses, baseline);
    const name = `the ${gateWords.kinds[cell]}`;
    return losses.length === 1 ? `${name}: ${count ? "yes" : "no"}` : `${name} in ${count} of ${losses.length} seeds`;
  });
  const answer = each.join(", ");
  return `${where}: step ${step} of ${steps}. Who has learned ${what}? ${answer[0].toUpperCase()}${answer.slice(1)}.`;
}

/** In words, how much of the gradient reaches the first step, and what follows from that. */
export function flowSentence({ step, networks }: RaceFlow): string {
  const shares = networks.map(({ cell, shares }) => ({ cell, share: meanOf(shares, 0) }));
  const each = shares.map(({ cell, share }) => `${partOf(share)} in the ${gateWords.kinds[cell]}`);
  const deaf = shares.filter(({ share }) => share < vanishedBelow).map(({ cell }) => `the ${gateWords.kinds[cell]}`);
  const lost = deaf.length === 0 ? "It vanishes in none of them." : `It vanishes on its way in ${list(deaf)}`;
  const end =
    deaf.length === 0
      ? lost
      : step === 0
        ? `${lost}; whether training opens a way, the race will show.`
        : `${lost}: the first step hardly moves the answer, and training hears almost nothing of it.`;
  const when = step === 0 ? "Before training" : `After ${step} steps of training`;
  return `${when}, of the gradient at the last step there reaches the first: ${each.join(", ")}. ${end}`;
}

/** The geometric mean over seeds at a step, as a line on a logarithmic axis has it. */
export function meanOf(seeds: readonly Float64Array[], at: number): number {
  const sum = seeds.reduce((total, values) => total + Math.log(Math.max(smallest, values[at])), 0);
  return Math.exp(sum / seeds.length);
}

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

/** A share in plain words: per cent, times, or a power of ten. */
export function partOf(share: number): string {
  if (share <= smallest * 1.01) return "less than 10⁻³⁸";
  if (share >= 2) return `${Number(share.toPrecision(2))} times as much`;
  if (share >= 0.01) return percent(share);
  const [digits, exponent] = share.toExponential(0).split("e-");
  return `${digits} × 10⁻${[...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("")}`;
}
