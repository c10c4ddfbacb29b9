import type { Explanation } from "../../answers/index.ts";
import { percent } from "../screen/screen.ts";

/** Names of the gates in words, as they head their columns. */
export const gateWords: Readonly<Record<string, string>> = {
  f: "forget",
  i: "input",
  o: "output",
  z: "update",
  r: "reset",
  keep: "keep",
};

/** Inputs of tasks beside the steps, in words, by their names. */
const besideWords: Readonly<Record<string, string>> = {
  pairs: "a bag of words and pairs of words",
  linear: "a logistic regression on words and pairs",
  chars: "the characters of the words",
};

const barWidth = 8; // characters

/** An explanation as a table for the terminal: one line a step, the token last, whatever its width. */
export function explanationTable(
  { prediction, layer, layers, steps, sum, beside, left, worked }: Explanation,
  quiet: boolean,
): string {
  const gates = Object.keys(steps[0]?.gates ?? {});
  const tokens = steps.some(({ token }) => token !== null);
  const parts = steps.some(({ part }) => part !== null);
  const most = Math.max(...steps.map(({ part }) => Math.abs(part ?? 0)), 1e-12);
  const right = (text: string, width: number) => text.padStart(width);
  const partCell = (part: number) => {
    const bar = "█".repeat(Math.round((barWidth * Math.abs(part)) / most));
    return `${right(signed(part), 9)} ${bar.padEnd(barWidth)}`;
  };
  const head = [
    right("step", 5),
    ...(parts ? [`${right("part", 9)} ${" ".repeat(barWidth)}`] : []),
    ...gates.map((name) => right(gateWords[name], 7)),
    ...(left ? [right("left", 7)] : []),
    ...(tokens ? ["token"] : []),
  ].join("  ");
  const lines = steps.map((one) =>
    [
      right(String(one.step), 5),
      ...(parts ? [partCell(one.part ?? 0)] : []),
      ...gates.map((name) => right(one.gates[name].toFixed(2), 7)),
      ...(left ? [right(percent(one.left ?? 0), 7)] : []),
      ...(tokens ? [one.token === "" ? "(padding)" : (one.token ?? "")] : []),
    ]
      .join("  ")
      .trimEnd(),
  );
  const table = [head.trimEnd(), ...lines].join("\n");
  const end = worked ? `\n${worked}\n` : "";
  if (quiet) return `${table}\n${end}`;
  const others = layers.filter((name) => name !== layer.name);
  const about = `${layer.name} (${layer.kind}, ${layer.h.shape[2]} units${layer.direction === "backward" ? ", read from the end" : ""})`;
  const also = others.length > 0 ? `; also: ${others.join(", ")} (--layer)` : "";
  return `${prediction}\n${about}${also}\n\n${table}\n\n${legendOf({ sum, beside, left, gates })}${end}`;
}

type Said = Pick<Explanation, "sum" | "beside" | "left"> & { gates: readonly string[] };

function legendOf({ sum, beside, left, gates }: Said): string {
  const lines: string[] = [];
  if (sum) {
    const parts = sum.score - sum.baseline + sum.gap;
    const names = { zeros: "all zeros", mean: "the mean input" }[sum.from];
    lines.push(
      `part: of ${sum.of}, ${sum.score.toFixed(4)}; for ${names} it is ${sum.baseline.toFixed(4)}. The parts add up to ${signed(parts)}, ${Math.abs(sum.gap).toExponential(1)} off (integrated gradients).`,
    );
  }
  for (const { input, score } of beside)
    lines.push(
      `beside the steps: ${besideWords[input] ?? input}, not in the parts; without that the output is ${score.toFixed(4)}.`,
    );
  if (gates.length > 0)
    lines.push(`${gates.map((name) => gateWords[name]).join(", ")}: means over the units, 0 closed, 1 open.`);
  if (left) lines.push("left: of what the memory holds in the end, the fraction that this step wrote.");
  return lines.map((line) => `${line}\n`).join("");
}

const signed = (v: number): string =>
  `${v < 0 ? "-" : "+"}${Math.abs(v) !== 0 && Math.abs(v) < 0.0005 ? Math.abs(v).toExponential(1) : Math.abs(v).toFixed(4)}`;
