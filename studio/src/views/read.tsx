import { useEffect, useRef } from "preact/hooks";
import { binned, rowOf, unitOf } from "../bins.ts";
import { blueOrange, cividis, cssColour, inkOn, limitFor, placeIn } from "../colours.ts";
import { gateFigure, keptFigure, leftFigure } from "../figures/of-trace.ts";
import { gateName, gateWords, isSigned, meanAt } from "../gates.ts";
import { origin } from "../origin.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { Heatmap, Scale } from "../parts/heatmap.tsx";
import { Ribbons } from "../parts/ribbons.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { CellTable, LeftTable } from "../parts/tables.tsx";
import { whatHappened } from "../sentences.ts";
import {
  about,
  busy,
  cell,
  cellIndex,
  choose,
  gate,
  gates,
  input,
  problem,
  readInput,
  step,
  trace,
  type,
  unit,
} from "../state.ts";
import { Cell } from "./cell.tsx";
import { Outcome, StepPredictions } from "./predictions.tsx";

/** The heart of the studio: an input, and below each step of it what the network did. */
export function Read() {
  const now = about.value;
  if (!now)
    return (
      <>
        <h1>Read</h1>
        <p>Choose a model on the Start page first.</p>
      </>
    );
  if (now.refusal)
    return (
      <>
        <h1>{now.name}</h1>
        <p>This model cannot be read step by step. {now.refusal}</p>
      </>
    );
  return (
    <div class="read">
      <h1 class="small">{now.name.replace(/\.keras$/, "")}, step by step</h1>
      <InputBox />
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {trace.value ? <Lanes /> : busy.value ? <p>{busy.value}</p> : null}
    </div>
  );
}

const prompts = {
  words: "A sentence, read word by word",
  characters: "A text, read character by character",
  numbers: "A series, read number by number",
  ids: "Ids, read one by one",
  none: "",
};

function InputBox() {
  const { input: kind, features, example } = about.value!;
  const hint = features > 1 ? `: ${features} numbers a step, steps separated by a semicolon` : "";
  const long = input.value.length > 70;
  const typed = (event: { currentTarget: { value: string } }) => type(event.currentTarget.value);
  const common = { id: "input", value: input.value, onInput: typed, spellcheck: false, dir: "auto" as const };
  return (
    <div class="input">
      <label for="input">
        {prompts[kind]}
        {hint}
      </label>
      <div class="row">
        <textarea {...common} rows={long ? 3 : 1} />
        {example !== "" && input.value !== example && (
          <button
            type="button"
            class="plain"
            onClick={() => {
              input.value = example;
              void readInput();
            }}
          >
            The example again
          </button>
        )}
      </div>
    </div>
  );
}

/** Width of a step on the screen: wide enough for its word, and wider where there is room. */
function widthOf(steps: readonly { text: string }[]): number {
  if (steps.length > 300) return 14;
  const longest = Math.max(...steps.map((s) => s.text.length));
  const needed = Math.max(48, Math.min(steps.length > 80 ? 72 : 110, longest * 8.5 + 18));
  const room = (Math.min(innerWidth, 1216) - 62) / steps.length;
  return Math.round(Math.max(needed, Math.min(130, room)));
}

/** Keeps the chosen step in sight, where the lanes scroll. */
function useSight(width: number) {
  const lanes = useRef<HTMLElement>(null);
  useEffect(() => {
    const box = lanes.current;
    if (!box || step.value === null) return;
    const [from, to] = [step.value * width, (step.value + 1) * width];
    const room = box.clientWidth - 2 * width;
    if (from < box.scrollLeft) box.scrollLeft = from - width;
    else if (to > box.scrollLeft + room) box.scrollLeft = to - room;
  }, [step.value, width]);
  return lanes;
}

function Lanes() {
  const { steps, note, cells, milliseconds } = trace.value!;
  const shown = cell.value!;
  const width = widthOf(steps);
  const { units, values, left } = shown;
  const lanes = useSight(width);
  const keeps = values.f ?? values.z;
  return (
    <>
      {note && <p class="quiet">{note}</p>}
      <Outcome />
      <p class="said">{whatHappened(trace.value!, shown, step.value)}</p>
      {cells.length > 1 && (
        <label class="chooser">
          Layer{" "}
          <select
            value={cellIndex.value}
            onChange={(e) => {
              cellIndex.value = Number(e.currentTarget.value);
              choose(step.value ?? 0, 0);
            }}
          >
            {cells.map((c, k) => (
              <option value={k} key={c.name}>
                {c.name}: {gateWords.kinds[c.kind] ?? c.kind}, {c.units} units
                {c.direction === "backward" ? ", reads backwards" : ""}
              </option>
            ))}
          </select>
        </label>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={lanes} class="lanes" aria-label="Step by step" tabIndex={0}>
        <div
          class={width < 40 ? "inner dense" : "inner"}
          style={{ "--step": `${width}px`, width: `${steps.length * width}px` }}
        >
          <div class="words">
            {steps.map(({ text, known }, t) => (
              <button
                type="button"
                key={t}
                class={known ? "" : "unknown"}
                title={known ? text : `${text}: unknown to the model`}
                aria-pressed={step.value === t}
                onClick={() => choose(t)}
              >
                <bdi>{text}</bdi>
              </button>
            ))}
          </div>
          <StepPredictions width={width} />
          {keeps && <KeptBars keeps={keeps} units={units} steps={steps.length} name={values.f ? "f" : "z"} />}
          {left && (
            <>
              <h2 class="lane">
                What is left of each {about.value!.input === "words" ? "word" : "step"} in the memory
              </h2>
              <Ribbons
                left={left}
                steps={steps}
                units={units}
                columnWidth={width}
                chosen={step.value}
                onChoose={(s) => choose(s)}
              />
              <LeftTable left={left} steps={steps} />
              <SaveFigure of="what is left" make={() => leftFigure(trace.value!, cell.value!, origin())} />
            </>
          )}
          {!left && keeps && (
            <p class="quiet">
              {steps.length} steps of {units} units are too many for ribbons: shorten the input to see them.
            </p>
          )}
          <GateLane width={width} />
        </div>
      </section>
      <p class="quiet">
        Traced in {Math.round(milliseconds)} ms. ← → walk through the steps, ↑ ↓ through the units; 1 to 4 choose a
        gate.
      </p>
      {step.value !== null && <Cell />}
      <CodePanel />
    </>
  );
}

/** How much of the memory each step kept: the mean of the forget gate. */
function KeptBars({ keeps, units, steps, name }: { keeps: Float32Array; units: number; steps: number; name: string }) {
  return (
    <>
      <h2 class="lane">Kept of the memory so far: the mean of the {gateName(name)}</h2>
      <div class="bars">
        {Array.from({ length: steps }, (_, t) => {
          const mean = meanAt(keeps, t, units);
          return (
            <div class="bar" key={t} title={`${Math.round(mean * 100)} % kept`}>
              <span style={{ height: `${mean * 100}%` }} />
              <b>{Math.round(mean * 100)}</b>
            </div>
          );
        })}
      </div>
      <SaveFigure
        of={`the mean of the ${gateName(name)}`}
        make={() => keptFigure(trace.value!, cell.value!, name, origin())}
      />
    </>
  );
}

function GateLane({ width }: { width: number }) {
  const { units, values } = cell.value!;
  const { steps } = trace.value!;
  const all = values[gate.value];
  if (!all) return null;
  const bins = binned(all, units);
  const shown = bins.values;
  const signed = isSigned(gate.value);
  const limit = signed ? limitFor(shown) : null;
  const colours = signed ? blueOrange : cividis;
  const height = Math.max(4, Math.min(18, Math.floor(320 / bins.rows)));
  const at = step.value === null ? null : { column: step.value, row: rowOf(unit.value, bins) };
  const value = at && all[at.column * units + unit.value];
  return (
    <>
      <h2 class="lane">Every unit at every step</h2>
      <fieldset class="tabs">
        <legend class="unseen">Gate</legend>
        {gates.value.map((name, k) => (
          <button
            type="button"
            key={name}
            aria-pressed={gate.value === name}
            onClick={() => {
              gate.value = name;
            }}
          >
            {gateName(name)} {k < 4 && <kbd>{k + 1}</kbd>}
          </button>
        ))}
      </fieldset>
      <Heatmap
        values={shown}
        columns={steps.length}
        rows={bins.rows}
        columnWidth={width}
        rowHeight={height}
        colours={colours}
        limit={limit}
        cursor={at}
        label={`${gateName(gate.value)} of ${units} units at ${steps.length} steps; the table below has the numbers`}
        onChoose={(column, row) => choose(column, unitOf(row, bins))}
      />
      <div class="below">
        <Scale
          colours={colours}
          limit={limit}
          label={
            bins.size === 1
              ? `${units} units from top to bottom`
              : `${units} units in bins of ${bins.size}: for each its smallest value and its largest`
          }
        />
        {at && value !== null && (
          <span
            class="value"
            style={{
              background: cssColour(colours, placeIn(value, limit)),
              color: inkOn(colours, placeIn(value, limit)),
            }}
          >
            “{steps[at.column].text}”, unit {unit.value + 1}: {value.toFixed(3)}
          </span>
        )}
      </div>
      <CellTable values={all} units={units} steps={steps} name={gateName(gate.value)} />
      <SaveFigure of={gateName(gate.value)} make={() => gateFigure(trace.value!, cell.value!, gate.value, origin())} />
    </>
  );
}
