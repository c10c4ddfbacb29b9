import type { Explanation } from "../../answers/index.ts";
import { NdArray } from "../../index.ts";
import { plotHeatmap } from "../../plot/index.ts";
import { explanationTable, gateWords } from "./explain-table.ts";

/** Gates and memory of the layer, unit by step, one heat map below the other, as SVG. */
export async function explanationChart(explanation: Explanation): Promise<string> {
  const maps = await heatmaps(explanation);
  const sizes = maps.map((svg) => /width="(\d+)" height="(\d+)"/.exec(svg)!.slice(1).map(Number));
  const width = Math.max(...sizes.map(([w]) => w));
  let y = 0;
  const placed = maps.map((svg, k) => {
    const part = svg.replace("<svg ", `<svg x="0" y="${y}" `);
    y += sizes[k][1];
    return part;
  });
  const size = `width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect width="${width}" height="${y}" fill="#ffffff"/>${placed.join("")}</svg>`;
}

/** Everything as one page, without scripts and without anything from elsewhere. */
export async function explanationPage(explanation: Explanation): Promise<string> {
  const { model, prediction } = explanation;
  const maps = await heatmaps(explanation);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(model)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1f2328; background: #ffffff; }
pre { overflow-x: auto; font-size: 14px; }
figure { margin: 1.5rem 0; overflow-x: auto; }
</style>
<h1>${escaped(prediction.replaceAll("\t", " "))}</h1>
<p>${escaped(model)}</p>
<pre>${escaped(explanationTable(explanation, false))}</pre>
${maps.map((svg) => `<figure>${svg}</figure>`).join("\n")}
</html>
`;
}

async function heatmaps({ layer, left, steps }: Explanation): Promise<string[]> {
  const columnLabels = labelsOf(steps.map(({ step, token }) => token ?? String(step)));
  const at = steps.map(({ step }) => step);
  type At = (step: number, unit: number) => number;
  const drawn = (title: string, units: number, value: At, range?: readonly [number, number]) => {
    const data = Float32Array.from({ length: units * at.length }, (_, k) =>
      value(at[k % at.length], Math.floor(k / at.length)),
    );
    const values = new NdArray(data, [units, at.length]);
    return plotHeatmap(values, { title, columnLabels, yLabel: "unit", ...(range ? { range } : {}) });
  };
  const gates = Object.keys(gateWords).filter((name) => layer.values[name]);
  const maps = gates.map((name) => {
    const values = layer.values[name];
    return drawn(`${layer.name}: ${gateWords[name]} gate`, values.shape[2], (t, j) => values.at(0, t, j), [0, 1]);
  });
  const { h } = layer;
  const memory = left
    ? drawn(`${layer.name}: left of each step in the end`, left.shape[1], (t, j) => Math.abs(left.at(t, j)))
    : drawn(`${layer.name}: size of the state`, h.shape[2], (t, j) => Math.abs(h.at(0, t, j)));
  return Promise.all([memory, ...maps]);
}

/** Labels of columns; of many steps only some. */
function labelsOf(labels: readonly string[]): string[] {
  const every = Math.ceil(labels.length / 60);
  return labels.map((label, k) => (k % every === 0 ? label : ""));
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
