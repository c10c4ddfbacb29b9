import type { WorkedGate, WorkedStep, WorkedTerm } from "./worked-types.ts";

type Worked = Omit<WorkedStep, "text" | "latex">;

/** A number as it is read: four digits behind the point, or as a power of ten where that would be none. */
const shown = (v: number): string =>
  v !== 0 && (Math.abs(v) < 0.00005 || Math.abs(v) >= 1e5) ? v.toExponential(3) : v.toFixed(4);

/** With its sign, to be written behind another. */
const signed = (v: number): string => (v < 0 ? `− ${shown(-v)}` : `+ ${shown(v)}`);

/** The largest terms, and the sum of the others. */
function largest(terms: readonly WorkedTerm[], most: number) {
  const others = terms.slice(most);
  return { terms: terms.slice(0, most), count: others.length, rest: others.reduce((sum, t) => sum + t.product, 0) };
}

/** A step in plain text, a line for each equation. */
export function textOf(worked: Worked, phi: string, most: number): string {
  const { layer, kind, row, step, unit, gates, before, after } = worked;
  const lines = [`${layer} (${kind}), row ${row}, step ${step}, unit ${unit}`];
  for (const gate of gates) lines.push(...gateLines(gate, most));
  const v = valuesOf(gates);
  if (kind === "lstm") {
    lines.push(
      `c = f × c₋₁ + i × g = ${shown(v.f)} × ${shown(before.c!)} + ${shown(v.i)} × ${shown(v.g)} = ${shown(after.c!)}`,
      `h = o × ${phi}(c) = ${shown(v.o)} × ${phi}(${shown(after.c!)}) = ${shown(after.h)}`,
    );
  }
  if (kind === "gru")
    lines.push(
      `h = z × h₋₁ + (1 − z) × g = ${shown(v.z)} × ${shown(before.h)} + ${shown(1 - v.z)} × ${shown(v.g)} = ${shown(after.h)}`,
    );
  return lines.join("\n");
}

function gateLines({ name, activation, terms, bias, sum, value }: WorkedGate, most: number): string[] {
  const { terms: first, count, rest } = largest(terms, most);
  const sums = first.map(
    (t) => `${signed(t.product)}  (${t.from}[${t.index}] ${shown(t.value)}, weight ${shown(t.weight)})`,
  );
  if (count > 0) sums.push(`${signed(rest)}  (${count} others)`);
  sums.push(`${signed(bias)}  (bias)`);
  return [`${name} = ${activation}(${shown(sum)}) = ${shown(value)}, the sum of`, ...sums.map((line) => `    ${line}`)];
}

/** A step as LaTeX: `\begin{aligned} … \end{aligned}`. */
export function latexOf({ kind, gates, before, after }: Worked, phi: string, most: number): string {
  const lines = gates.map((gate) => {
    const { terms, count, rest } = largest(gate.terms, most);
    const products = terms.map((t) => {
      const plain = t.value * t.weight;
      const factor = plain !== 0 && Math.abs(t.product - plain) > 1e-12 ? `${shown(t.product / plain)} \\cdot ` : "";
      return `${factor}(${shown(t.value)})(${shown(t.weight)})`;
    });
    const others = count > 0 ? [`\\underbrace{${shown(rest)}}_{\\text{${count} others}}`] : [];
    const sum = [...products, ...others, `(${shown(gate.bias)})`].join(" + ");
    return `${gate.name}_t &= ${latexFunction(gate.activation)}\\left(${sum}\\right) = ${latexFunction(gate.activation)}(${shown(gate.sum)}) = ${shown(gate.value)}`;
  });
  const v = valuesOf(gates);
  if (kind === "lstm") {
    lines.push(
      `c_t &= f_t\\, c_{t-1} + i_t\\, g_t = ${shown(v.f)} \\cdot (${shown(before.c!)}) + ${shown(v.i)} \\cdot (${shown(v.g)}) = ${shown(after.c!)}`,
      `h_t &= o_t\\, ${latexFunction(phi)}(c_t) = ${shown(v.o)} \\cdot ${latexFunction(phi)}(${shown(after.c!)}) = ${shown(after.h)}`,
    );
  }
  if (kind === "gru")
    lines.push(
      `h_t &= z_t\\, h_{t-1} + (1 - z_t)\\, g_t = ${shown(v.z)} \\cdot (${shown(before.h)}) + ${shown(1 - v.z)} \\cdot (${shown(v.g)}) = ${shown(after.h)}`,
    );
  return `\\begin{aligned}\n${lines.join(" \\\\\n")}\n\\end{aligned}`;
}

const valuesOf = (gates: readonly WorkedGate[]): Readonly<Record<string, number>> =>
  Object.fromEntries(gates.map(({ name, value }) => [name, value]));

const latexFunction = (name: string): string =>
  ({ sigmoid: "\\sigma", tanh: "\\tanh", φ: "\\varphi" })[name] ?? `\\operatorname{${name}}`;
