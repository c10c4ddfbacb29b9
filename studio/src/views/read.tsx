import { useEffect, useRef } from "preact/hooks";
import { leftFigure } from "../figures/of-trace.ts";
import { gateWords } from "../gates.ts";
import { choosePart, part, partCell, partStep, partTrace } from "../long.ts";
import { origin } from "../origin.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { Ribbons } from "../parts/ribbons.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { LeftTable } from "../parts/tables.tsx";
import { lostAt, unitThatLost, whatHappened } from "../sentences.ts";
import { about, busy, cell, cellIndex, choose, input, problem, readInput, step, trace, type } from "../state.ts";
import { Cell } from "./cell.tsx";
import { GateLane } from "./gate-lane.tsx";
import { KeptBars } from "./kept-bars.tsx";
import { MoreLanes } from "./lanes.tsx";
import { Overview } from "./overview.tsx";
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
  const { input: kind, features, example, columns, madeUp } = about.value!;
  const named = columns.length > 0 ? ` (${columns.slice(0, 8).join(", ")}${columns.length > 8 ? ", …" : ""})` : "";
  const hint = features > 1 ? `: ${features} numbers a step${named}, steps separated by a semicolon or a new line` : "";
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
      {madeUp && input.value === example && (
        <p class="quiet">
          The page made this example up: the file has none. Type your own, or drop a table (.csv) here.
        </p>
      )}
    </div>
  );
}

/** Width of a step on the screen: wide enough for its word, and wider where there is room. */
function widthOf(steps: readonly { text: string }[]): number {
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
    const at = partStep.value;
    if (!box || at === null) return;
    const [from, to] = [at * width, (at + 1) * width];
    const room = box.clientWidth - 2 * width;
    if (from < box.scrollLeft) box.scrollLeft = from - width;
    else if (to > box.scrollLeft + room) box.scrollLeft = to - room;
  }, [step.value, width]);
  return lanes;
}

function Lanes() {
  const { steps: all, note, cells, milliseconds } = trace.value!;
  const lost = step.value === null ? null : lostAt(cell.value!, all.length, step.value);
  const { steps } = partTrace.value!;
  const { units, values, left } = partCell.value!;
  const width = widthOf(steps);
  const lanes = useSight(width);
  const keeps = values.f ?? values.z;
  return (
    <>
      {note && <p class="quiet">{note}</p>}
      <Outcome />
      <p class="said">
        {whatHappened(trace.value!, cell.value!, step.value)}{" "}
        {lost !== null && (
          <button
            type="button"
            class="plain"
            onClick={() => choose(lost, unitThatLost(cell.value!, all.length, lost, step.value) ?? undefined)}
          >
            Look at “<bdi>{all[lost].text}</bdi>”
          </button>
        )}
      </p>
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
      <Overview />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={lanes} class="lanes" aria-label="Step by step" tabIndex={0}>
        <div class="inner" style={{ "--step": `${width}px`, width: `${steps.length * width}px` }}>
          <div class="words">
            {steps.map(({ text, known }, t) => (
              <button
                type="button"
                key={part.value.from + t}
                class={known ? "" : "unknown"}
                title={known ? text : `${text}: unknown to the model`}
                aria-pressed={partStep.value === t}
                onClick={() => choosePart(t)}
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
                chosen={partStep.value}
                onChoose={(s) => choosePart(s)}
              />
              <LeftTable left={left} steps={steps} />
              <SaveFigure of="what is left" make={() => leftFigure(partTrace.value!, partCell.value!, origin())} />
            </>
          )}
          {!left && keeps && (
            <p class="quiet">
              {all.length} steps of {units} units are too many for ribbons: shorten the input to see them.
            </p>
          )}
          <GateLane width={width} />
          <MoreLanes width={width} />
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
