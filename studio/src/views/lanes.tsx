import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { cividis } from "../colours.ts";
import { attentionFigure, gradientFigure, partsFigure } from "../figures/of-lanes.ts";
import { inPart, partTrace } from "../long.ts";
import { attention, baseline, gradients, parts, target } from "../looks.ts";
import { origin } from "../origin.ts";
import { mostShown } from "../part.ts";
import { Heatmap, Scale } from "../parts/heatmap.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { Behind } from "../parts/tables.tsx";
import { about, cell, choose, clamp, step, trace } from "../state.ts";

/** Further lanes below the gates, each opened when it is wanted: they ask more of the machine than a trace. */
export function MoreLanes({ width }: { width: number }) {
  return (
    <>
      <Lane title="The part of each step in the prediction" look={parts}>
        <PartsLane width={width} />
      </Lane>
      <Lane title="Gradient flow: how much of the end reaches each step" look={gradients}>
        <GradientLane width={width} />
      </Lane>
      {about.value!.layers.some(({ className }) => className.includes("Attention")) && (
        <Lane title="Attention: where the model looks" look={attention}>
          <AttentionLane width={width} />
        </Lane>
      )}
    </>
  );
}

function Lane(props: {
  title: string;
  look: typeof parts | typeof gradients | typeof attention;
  children: ComponentChildren;
}) {
  const { title, look } = props;
  const { value: open } = look.open;
  return (
    <>
      <h2 class="lane">
        <button
          type="button"
          class="opens"
          aria-expanded={open}
          onClick={() => {
            look.open.value = !open;
          }}
        >
          {open ? "▾" : "▸"} {title}
        </button>
      </h2>
      {open && look.problem.value && <p class="quiet">Nothing to show: {look.problem.value}</p>}
      {open && !look.problem.value && !look.found.value && <p class="quiet">Computing …</p>}
      {open && !look.problem.value && clamp.value && (
        <p class="quiet">This is the model as it is, without the gate that is held.</p>
      )}
      {open && !look.problem.value && look.found.value && props.children}
    </>
  );
}

/** The output that the lanes explain. */
function Target() {
  const { labels, words } = trace.value!.outputs;
  if (words || labels.length < 2) return null;
  return (
    <label>
      Explain{" "}
      <select
        value={target.value ?? ""}
        onChange={(event) => {
          const { value } = event.currentTarget;
          target.value = value === "" ? null : Number(value);
        }}
      >
        <option value="">{labels.length === 2 ? `“${labels[1]}”` : "the most probable one"}</option>
        {labels.map((label, k) => (
          <option value={k} key={label}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

function PartsLane({ width }: { width: number }) {
  const found = parts.found.value!;
  const { steps } = partTrace.value!;
  const { of, score, baselineScore, gap } = found;
  if (found.integrated.length !== trace.value!.steps.length) return null; // of the input before
  const integrated = inPart(found.integrated);
  const occlusion = found.occlusion && inPart(found.occlusion);
  const sizes = [...found.integrated, ...(found.occlusion ?? [])].map(Math.abs);
  const most = sizes.reduce((a, v) => Math.max(a, v), 1e-9); // of all steps, also those of a long input that are not drawn
  const sum = found.integrated.reduce((a, b) => a + b, 0);
  const bar = (v: number, kind: string) => (
    <span
      class={`${kind} ${v < 0 ? "negative" : ""}`}
      style={{ height: `${(Math.abs(v) / most) * 50}%`, [v < 0 ? "top" : "bottom"]: "50%" }}
    />
  );
  return (
    <>
      <div class="below">
        <Target />
        <label>
          measured from{" "}
          <select
            value={baseline.value}
            onChange={(event) => {
              baseline.value = event.currentTarget.value === "mean" ? "mean" : "zeros";
            }}
          >
            <option value="zeros">zeros</option>
            <option value="mean">the mean input</option>
          </select>
        </label>
      </div>
      <div class="parts">
        {steps.map(({ text }, t) => (
          <div
            class="part"
            key={t}
            title={`${text}: integrated gradients ${integrated[t].toFixed(4)}${occlusion ? `, occlusion ${occlusion[t].toFixed(4)}` : ""}`}
          >
            {bar(integrated[t], "integrated")}
            {occlusion && bar(occlusion[t], "occlusion")}
            {width >= 48 && <b>{integrated[t].toFixed(2)}</b>}
          </div>
        ))}
      </div>
      <p class="quiet wide">
        Filled: integrated gradients; outlined: occlusion, the fall of the output without the step
        {occlusion ? "" : " (left out: more than 200 steps)"}. Of {of}, which is {score.toFixed(4)}; for{" "}
        {baseline.value === "mean" ? "the mean input" : "zeros"} it is {baselineScore.toFixed(4)}. The parts add up to{" "}
        {sum.toFixed(4)}, {Math.abs(gap).toExponential(1)} off what they should
        {Math.abs(gap) > 0.05 * Math.max(0.01, Math.abs(score - baselineScore)) ? ": too much to trust them here" : ""}.
        A gate's value is no part: an open gate may let in what does not matter.
      </p>
      <Behind title="The parts as a table">
        {() => (
          <table>
            <thead>
              <tr>
                <th scope="col">step</th>
                <th scope="col">integrated gradients</th>
                {occlusion && <th scope="col">occlusion</th>}
              </tr>
            </thead>
            <tbody>
              {steps.map(({ text }, t) => (
                <tr key={t}>
                  <th scope="row">{text}</th>
                  <td>{integrated[t].toFixed(4)}</td>
                  {occlusion && <td>{occlusion[t].toFixed(4)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Behind>
      <SaveFigure of="the parts" make={() => partsFigure(trace.value!, found, baseline.value, origin())} />
    </>
  );
}

const laneHeight = 120; // px

function GradientLane({ width }: { width: number }) {
  const found = gradients.found.value!;
  const whole = trace.value!.steps.length;
  const { steps } = partTrace.value!;
  const own = found.cells.find(({ name }) => name === cell.value!.name);
  const lines = [
    { name: "‖∂y/∂c‖, the memory", values: own?.c, look: "c" },
    { name: "‖∂y/∂h‖, the output", values: own?.h, look: "h" },
  ].flatMap(({ values, ...line }) =>
    values?.length === whole ? [{ ...line, all: values, values: inPart(values) }] : [],
  );
  if (lines.length === 0) return <p class="quiet">This layer reads other steps than those of the input.</p>;
  const positive = lines.flatMap(({ all }) => [...all].filter((v) => v > 0));
  const least = positive.reduce((a, v) => Math.min(a, v), 1);
  const most = positive.reduce((a, v) => Math.max(a, v), 1e-38);
  const low = Math.floor(Math.log10(Math.max(1e-38, least)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  const y = (v: number) => laneHeight * (1 - (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low));
  const decades = Array.from({ length: high - low + 1 }, (_, k) => low + k).filter(
    (_, k, all) => k % Math.ceil(all.length / 6) === 0,
  );
  const under = lines.some(({ all }) => all.some((v) => v < 1e-38));
  const first = lines[0].all;
  const share = first[0] / first.reduce((a, v) => Math.max(a, v), 0);
  return (
    <>
      <div class="below">
        <Target />
      </div>
      <svg
        class="gradient"
        width={steps.length * width}
        height={laneHeight + 20}
        viewBox={`0 -14 ${steps.length * width} ${laneHeight + 20}`}
        role="img"
        aria-label={`Gradient of ${found.of} at each step, on a logarithmic axis from 10 to the ${low} to 10 to the ${high}`}
      >
        {decades.map((power) => (
          <g key={power}>
            <path class="grid" d={`M0 ${y(10 ** power)}H${steps.length * width}`} />
            <text x={2} y={y(10 ** power) - 2}>
              10{superscript(power)}
            </text>
          </g>
        ))}
        {lines.map(({ look, values }) => (
          <path
            key={look}
            class={`line ${look}`}
            d={`M${Array.from(values, (v, t) => `${(t + 0.5) * width} ${y(v).toFixed(1)}`).join("L")}`}
          />
        ))}
      </svg>
      <p class="quiet wide">
        The gradient of {found.of} for the state at each step of {own!.name}, on a logarithmic axis. Line:{" "}
        {lines[0].name}
        {lines[1] && `; dashed: ${lines[1].name}`}. At the first step it is {partWords(share)} of its largest
        {share < 1e-3 ? ": it vanishes on its way there" : ""}.{under && " Below 10⁻³⁸ the 32-bit numbers end."}
      </p>
      <Behind title="The gradient as a table">
        {() => (
          <table>
            <thead>
              <tr>
                <th scope="col">step</th>
                {lines.map(({ name }) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {steps.map(({ text }, t) => (
                <tr key={t}>
                  <th scope="row">{text}</th>
                  {lines.map(({ name, values }) => (
                    <td key={name}>{values[t].toExponential(3)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Behind>
      <SaveFigure of="the gradient flow" make={() => gradientFigure(trace.value!, found, cell.value!.name, origin())} />
    </>
  );
}

const superscript = (power: number): string =>
  String(power).replace(/[-\d]/g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
const partWords = (share: number): string =>
  share >= 0.01 ? `${Math.round(share * 100)} %` : share > 0 ? share.toExponential(0) : "nothing";

const shownLayer = signal(0);
const shownHead = signal(0);

function AttentionLane({ width }: { width: number }) {
  const found = attention.found.value!;
  const { steps } = trace.value!;
  if (steps.length > mostShown)
    return <p class="quiet">It is drawn for at most {mostShown} steps: shorten the input.</p>;
  const layer = found.layers[Math.min(shownLayer.value, found.layers.length - 1)];
  const { heads, queries, values, aligned, name } = layer;
  const head = Math.min(shownHead.value, heads - 1);
  if (aligned && values !== steps.length) return null; // of the input before
  // Columns are the steps that are looked at, rows those that ask.
  const drawn = new Float32Array(values * queries);
  for (let q = 0; q < queries; q++)
    for (let v = 0; v < values; v++) drawn[v * queries + q] = layer.weights[(head * queries + q) * values + v];
  const column = aligned ? width : Math.max(8, Math.min(width, Math.floor((steps.length * width) / values)));
  const asks = queries === steps.length;
  const row = asks && step.value !== null ? step.value : queries - 1;
  const best = Array.from({ length: values }, (_, v) => v).sort(
    (a, b) => drawn[b * queries + row] - drawn[a * queries + row],
  )[0];
  const named = (v: number) => (aligned ? `“${steps[v].text}”` : `step ${v + 1}`);
  return (
    <>
      <div class="below">
        {found.layers.length > 1 && (
          <label>
            Layer{" "}
            <select
              value={shownLayer.value}
              onChange={(event) => {
                shownLayer.value = Number(event.currentTarget.value);
              }}
            >
              {found.layers.map((one, k) => (
                <option value={k} key={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
        {heads > 1 && (
          <label>
            Head{" "}
            <select
              value={head}
              onChange={(event) => {
                shownHead.value = Number(event.currentTarget.value);
              }}
            >
              {Array.from({ length: heads }, (_, k) => (
                <option value={k} key={k}>
                  {k + 1}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Heatmap
        values={drawn}
        columns={values}
        rows={queries}
        columnWidth={column}
        rowHeight={Math.max(3, Math.min(18, Math.floor(240 / queries)))}
        colours={cividis}
        limit={null}
        cursor={asks && step.value !== null && aligned ? { column: best, row } : null}
        label={`Attention of ${name}: ${queries} steps that ask, ${values} that are looked at`}
        onChoose={(v, q) => choose(asks ? q : aligned ? v : (step.value ?? 0))}
      />
      <div class="below">
        <Scale
          colours={cividis}
          limit={null}
          label={`${queries} ${queries === 1 ? "step that asks" : "steps that ask"} from top to bottom, what each looks at from left to right`}
        />
      </div>
      <p class="quiet wide">
        {asks ? `At “${steps[row].text}”` : `Its row ${row + 1}`} {name} looks at {named(best)} most:{" "}
        {drawn[best * queries + row].toFixed(2)}. Where it looks is not how much that matters: the parts above say that.
      </p>
      <Behind title="The attention as a table">
        {() => (
          <table>
            <thead>
              <tr>
                <th scope="col">asks</th>
                {Array.from({ length: values }, (_, v) => (
                  <th scope="col" key={v}>
                    {aligned ? steps[v].text : v + 1}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: queries }, (_, q) => (
                <tr key={q}>
                  <th scope="row">{asks ? steps[q].text : q + 1}</th>
                  {Array.from({ length: values }, (_, v) => (
                    <td key={v}>{drawn[v * queries + q].toFixed(3)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Behind>
      <SaveFigure of="the attention" make={() => attentionFigure(trace.value!, layer, head, origin())} />
    </>
  );
}
