import type { UnitsSeen } from "../../../src/studio/messages.ts";
import { binned } from "../bins.ts";
import { blueOrange, limitFor } from "../colours.ts";
import { gateName } from "../gates.ts";
import { heatmap, lyingBars } from "./draw.ts";
import { digits, type Figure, fileName, type Origin, originWords, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";
import { modelPart } from "./of-trace.ts";

const over = ({ cell, lines, steps }: UnitsSeen, origin: Origin): string =>
  `${originWords(origin)}. Layer ${cell} over ${lines.length} lines, ${steps} steps, the first: “${lines[0].text.slice(0, 120)}”.`;

/** For each feature the unit that follows it best, beside what chance finds. */
export function featuresFigure(seen: UnitsSeen, origin: Origin): Figure {
  const { cell, features, value } = seen;
  const title = `Correlation of the ${gateName(value)} of the best unit of ${cell} with each feature`;
  const caption = `${over(seen, origin)} Chance: the largest correlation of any unit with the shuffled feature, in 100 shuffles of seed 1.`;
  return {
    name: fileName(modelPart(origin), cell, "features"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "value", "feature", "unit", "correlation", "chance", "found"],
      rows: features.map((one) => [
        ...[cell, value, one.name, one.unit + 1, digits(one.correlation), digits(one.chance)],
        one.found ? "yes" : "no",
      ]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        lyingBars(
          features.flatMap(({ name, unit, correlation, chance }) => [
            [`${name}: unit ${unit + 1}`, correlation] as const,
            ["chance alone, up to", chance] as const,
          ]),
        ),
      ),
  };
}

/** Correlations of every unit with every feature; how often its gates are closed or open. */
export function unitsFigure(seen: UnitsSeen, origin: Origin): Figure {
  const { cell, units, features, value } = seen;
  const title = `Correlation of the ${gateName(value)} of every unit of ${cell} with each feature`;
  const caption = over(seen, origin);
  const names = features.map(({ name }) => name);
  const gates = Object.keys(units[0].saturation);
  const values = Float32Array.from(names.flatMap((name) => units.map((unit) => unit.correlations[name])));
  const bins = binned(values, units.length);
  return {
    name: fileName(modelPart(origin), cell, "units"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: [
        ...["layer", "unit", "mean", "deviation", ...names.map((name) => `correlation: ${name}`)],
        ...gates.flatMap((gate) => [`${gate} closed`, `${gate} open`]),
      ],
      rows: units.map(({ unit, mean, deviation, correlations, saturation }) => [
        ...[cell, unit + 1, digits(mean), digits(deviation), ...names.map((name) => digits(correlations[name]))],
        ...gates.flatMap((gate) => [digits(saturation[gate].closed), digits(saturation[gate].open)]),
      ]),
    }),
    svg: () =>
      framed(title, caption, heatmap(bins.values, bins.rows, names, blueOrange, 1, bins.size === 1 ? "unit" : "bin")),
  };
}

/** Every unit over one line. */
export function lineFigure(seen: UnitsSeen, line: number, origin: Origin): Figure {
  const { cell, size, value } = seen;
  const { text, steps, values } = seen.lines[line];
  const texts = steps.map((step) => step.text);
  const title = `${gateName(value)} of ${size} units of ${cell} over a line`;
  const caption = `${originWords(origin)}. Line: “${text.slice(0, 300)}”.`;
  const bins = binned(values, size);
  return {
    name: fileName(modelPart(origin), cell, `line ${line + 1}`),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "value", "step", "text", "unit", "number"],
      rows: Array.from(values, (v, k) => {
        const t = Math.floor(k / size);
        return [cell, value, t + 1, texts[t], (k % size) + 1, digits(v)];
      }),
    }),
    svg: () =>
      framed(
        title,
        caption,
        heatmap(bins.values, bins.rows, texts, blueOrange, limitFor(bins.values), bins.size === 1 ? "unit" : "bin"),
      ),
  };
}
