import { airlinePassengers } from "../../../src/studio/airline.ts";
import type { Given, StudioTrace } from "../../../src/studio/messages.ts";
import { gateName } from "../gates.ts";
import type { TrainingSettings } from "../training-settings.ts";
import { isCoded, labInTypescript } from "./lab-code.ts";
import { addingData, airlineData, comment, fileOf, givenArray, type Shown } from "./shown.ts";

/** What is on screen as TypeScript, which runs as it stands: opens the model or trains it, and traces what was read. */
export function typescriptCode(shown: Shown): string {
  const { training, read } = shown;
  const names = new Set<string>();
  const explains = new Set<string>();
  const parts = [training ? trainingLines(training.settings, training.steps, names) : openLines(shown, names)];
  if (read) parts.push(readLines(read, names, explains));
  const from = (of: Set<string>, door: string) =>
    of.size > 0 ? `import { ${[...of].sort().join(", ")} } from "${door}";\n` : "";
  return `${from(names, "cellstate")}${from(explains, "cellstate/explain")}\n${parts.join("\n")}`;
}

function openLines(shown: Shown, names: Set<string>): string {
  names.add("loadModel");
  const file = fileOf(shown);
  return `// "Save as .keras" on the studio's Model page gives the file.\nconst model = await loadModel(${JSON.stringify(file)});\n`;
}

function readLines(read: NonNullable<Shown["read"]>, names: Set<string>, explains: Set<string>): string {
  const { traced, cell, cellIndex, gate, step, unit, sums } = read;
  const { length, from } = givenArray(traced);
  const inputs = [traced.given, ...traced.others].map((one, k) => inputCode(one, k === 0 ? traced : null, names));
  const x = inputs.length === 1 ? inputs[0] : `[${inputs.join(", ")}]`;
  const { clamp } = traced;
  explains.add(clamp ? "intervene" : "trace");
  const units = clamp?.unit == null ? "" : `units: [${clamp.unit}], `;
  const layers = clamp
    ? `const { layers, after } = await intervene(model, x, {
  clamp: [{ layer: ${JSON.stringify(clamp.cell)}, gate: ${JSON.stringify(clamp.gate)}, ${clampedSteps(traced, from)}${units}value: ${clamp.value} }],
});
console.log("prediction", after[0].toArray());`
    : `const { layers, outputs } = await trace(model, x);
console.log("prediction", outputs[0].toArray());`;
  const at = from + (step ?? traced.steps.length - 1);
  const word = comment(traced.steps[step ?? traced.steps.length - 1].text);
  const lines = [
    `// ${comment(traced.input)}`,
    `const x = ${x}; // [${[traced.given, ...traced.others].map(({ shape }) => shape.join(", ")).join("], [")}]`,
    layers,
    `const gate = layers[${cellIndex}].values[${JSON.stringify(gate)}]; // the ${gateName(gate)} of ${comment(cell.name)} [1, ${length}, ${cell.units}]`,
    `console.log(${JSON.stringify(gateName(gate))}, [...gate.row(0).row(${at}).data]); // every unit at “${word}”`,
  ];
  if (sums && step !== null) {
    explains.add("workedStep");
    lines.push(
      `const { text } = await workedStep(model, x, { layer: ${JSON.stringify(cell.name)}, step: ${at}, unit: ${unit} });`,
      "console.log(text);",
    );
  }
  lines.push(...lookLines(read, explains));
  return `${lines.join("\n")}\n`;
}

/** One of the model's inputs: ids with their padding left out, or numbers. */
function inputCode(given: Given, traced: StudioTrace | null, names: Set<string>): string {
  const { ids, length, values, behind } = givenArray(traced ?? { given, steps: Array(given.shape[1]).fill(null) });
  names.add(ids ? "padSequences" : "NdArray");
  if (ids) return `padSequences([[${values}]], { maxLen: ${length}${behind ? ', padding: "post"' : ""} })`;
  return `new NdArray(Float32Array.from([${values}]), [${given.shape.join(", ")}])`;
}

/** The further looks that are open: parts, gradient flow, attention. */
function lookLines({ looks }: NonNullable<Shown["read"]>, explains: Set<string>): string[] {
  if (!looks) return [];
  const lines: string[] = [];
  if (looks.parts) {
    explains.add("attribute");
    lines.push(
      "const { attributions, gap } = await attribute(model, x); // integrated gradients",
      'console.log("part of each step", [...attributions.row(0).data], "gap", gap.at(0));',
      'const occlusion = await attribute(model, x, { method: "occlusion" });',
      'console.log("occlusion", [...occlusion.attributions.row(0).data]);',
    );
  }
  if (looks.gradients) {
    explains.add("gradientFlow");
    lines.push(
      "for (const { name, c, h } of await gradientFlow(model, x))",
      '  console.log("gradient flow", name, [...(c ?? h).row(0).data]);',
    );
  }
  if (looks.attention) {
    explains.add("attentionWeights");
    lines.push(
      "for (const { name, weights } of await attentionWeights(model, x)) console.log(name, weights.row(0).toArray());",
    );
  }
  return lines;
}

/** The steps at which a gate is held, but for all: the model's padding is read by nobody. */
const clampedSteps = ({ clamp, steps }: StudioTrace, from: number): string =>
  clamp!.step !== null
    ? `steps: [${from + clamp!.step}], `
    : from > 0
      ? `steps: [${steps.map((_, t) => from + t).join(", ")}], `
      : "";

function trainingLines(settings: TrainingSettings, steps: number, names: Set<string>): string {
  const { lab, cell, units, rate, seed } = settings;
  if (isCoded(lab)) return labInTypescript(settings, steps, names);
  for (const name of ["adam", "dense", "input", "sequential", cell]) names.add(name);
  const [each, features, rows, batch] =
    lab === "airline"
      ? [", { returnSequences: true }", 1, airlinePassengers.length - 2 * airlineData.months, airlineData.batch]
      : ["", 2, addingData.rows, addingData.batch];
  return `${lab === "airline" ? airlineLines(names) : addingLines(seed, names)}
const model = sequential([input([null, ${features}]), ${cell}(${units}${each}), dense(1)], { seed: ${seed} });
model.compile({ optimizer: adam({ learningRate: ${rate} }), loss: "meanSquaredError" });
for (let step = 1; step <= ${steps}; step++) {
  const from = ((step - 1) * ${batch}) % ${rows - batch + 1};
  const { loss } = await model.trainOnBatch(trainX.slice(from, from + ${batch}), trainY.slice(from, from + ${batch}));
  if (step % 100 === 0 || step === ${steps}) console.log(\`step \${step}: loss \${loss}\`);
}
const { loss } = await model.testOnBatch(heldOutX, heldOutY);
console.log("loss on rows held out", loss);
`;
}

function addingLines(seed: number, names: Set<string>): string {
  names.add("addingProblem");
  const { rows, steps, heldOut } = addingData;
  return `const { x: trainX, y: trainY } = addingProblem({ rows: ${rows}, steps: ${steps}, seed: ${seed} });
const { x: heldOutX, y: heldOutY } = addingProblem({ rows: ${heldOut}, steps: ${steps}, seed: ${seed + 1} });
`;
}

function airlineLines(names: Set<string>): string {
  names.add("NdArray");
  const { months: span } = airlineData;
  const rows = airlinePassengers.length - 2 * span;
  return `// International airline passengers a month, in thousands, 1949 to 1960 (Box & Jenkins 1976, series G).
const months = [${airlinePassengers.join(", ")}];
const known = months.slice(0, -${span}); // the last two years are held out
const [least, most] = [Math.min(...known), Math.max(...known)];
const scaled = months.map((v) => (v - least) / (most - least));
// Two years a row; the target is the next month after each.
const starts = Array.from({ length: ${rows} }, (_, s) => s);
const trainX = new NdArray(Float32Array.from(starts.flatMap((s) => scaled.slice(s, s + ${span}))), [${rows}, ${span}, 1]);
const trainY = new NdArray(Float32Array.from(starts.flatMap((s) => scaled.slice(s + 1, s + ${span + 1}))), [${rows}, ${span}, 1]);
const heldOutX = new NdArray(Float32Array.from(scaled.slice(-${span + 1}, -1)), [1, ${span}, 1]);
const heldOutY = new NdArray(Float32Array.from(scaled.slice(-${span})), [1, ${span}, 1]);
`;
}
