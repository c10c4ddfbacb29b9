import type { CellTrace, StudioTrace, Worked, WorkedSum } from "../../../src/studio/messages.ts";
import { formulaLines } from "../formula.ts";
import { gateName } from "../gates.ts";
import { formula, lyingBars } from "./draw.ts";
import { digits, type Figure, fileName, type Origin, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";
import { captionOf, modelPart } from "./of-trace.ts";

/** One step of one unit as a formula with its numbers. */
export function stepFigure(
  traced: StudioTrace,
  { name, kind, values, units }: CellTrace,
  { step, unit }: { step: number; unit: number },
  origin: Origin,
): Figure {
  const at = (gate: string, time = step) => (time < 0 ? 0 : values[gate][time * units + unit]);
  const lines = formulaLines(kind, Object.keys(values), at, step);
  const { text } = traced.steps[step];
  const title = `Inside unit ${unit + 1} of ${name} at “${text}”`;
  const caption = captionOf(traced, origin, `Step ${step + 1} of ${traced.steps.length}.`);
  const terms = lines.flat().filter((part) => typeof part !== "string");
  return {
    name: fileName(modelPart(origin), name, `step ${step + 1} unit ${unit + 1}`),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "step", "text", "unit", "symbol", "name", "value"],
      rows: terms.map((term) => [name, step + 1, text, unit + 1, term.symbol, term.name, digits(term.value)]),
    }),
    svg: () => framed(title, caption, formula(lines)),
  };
}

/** The products that make up a gate's sum. */
export function sumFigure(
  traced: StudioTrace,
  { cell, step, unit }: Worked,
  sum: WorkedSum,
  nameOf: (term: WorkedSum["terms"][number]) => string,
  origin: Origin,
): Figure {
  const { text } = traced.steps[step];
  const gate = gateName(sum.name);
  const title = `How the ${gate} of unit ${unit + 1} of ${cell} came about at “${text}”: ${sum.activation}(${sum.sum.toFixed(3)}) = ${sum.value.toFixed(3)}`;
  const unheld = traced.clamp ? ["These sums are of the model as it is, without the gate that is held."] : [];
  const caption = captionOf(traced, origin, `Step ${step + 1} of ${traced.steps.length}.`, ...unheld);
  const others: [string, number, number, number][] =
    sum.othersCount > 0 ? [[`all ${sum.othersCount} others together`, Number.NaN, Number.NaN, sum.others]] : [];
  const parts: [string, number, number, number][] = [
    ...sum.terms.map((t): [string, number, number, number] => [nameOf(t), t.value, t.weight, t.product]),
    ...others,
    ["bias", Number.NaN, Number.NaN, sum.bias],
    ["sum", Number.NaN, Number.NaN, sum.sum],
  ];
  return {
    name: fileName(modelPart(origin), cell, `step ${step + 1} unit ${unit + 1}`, `sum of ${gate}`),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "step", "text", "unit", "gate", "from", "value", "weight", "product"],
      rows: parts.map(([from, ...v]) => [cell, step + 1, text, unit + 1, sum.name, from, ...v.map(digits)]),
    }),
    svg: () => framed(title, caption, lyingBars(parts.map(([from, , , product]) => [from, product]))),
  };
}
