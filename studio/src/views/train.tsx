import { type CellName, cellNames, type TrainingState } from "../../../src/studio/messages.ts";
import { bounds } from "../../../src/studio/read-ask.ts";
import { ask } from "../client.ts";
import { blueOrange, cividis, limitFor } from "../colours.ts";
import { gateFigure } from "../figures/of-trace.ts";
import { lossFigure } from "../figures/of-training.ts";
import { gateName, isSigned } from "../gates.ts";
import { origin } from "../origin.ts";
import { labCard, labCards, type PageLab } from "../page-labs.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { Curve } from "../parts/curve.tsx";
import { GiveData } from "../parts/give-data.tsx";
import { Heatmap, Scale } from "../parts/heatmap.tsx";
import { NumberInput } from "../parts/number-input.tsx";
import { Rewind } from "../parts/rewind.tsx";
import { RunButtons } from "../parts/run-buttons.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { about, cell, choose, problem, remember, show, trace, trainedWith } from "../state.ts";
import { hasData, startTraining, training } from "../training.ts";
import { layerNames, trainingWanted, usualSettings } from "../training-settings.ts";
import { Outcome } from "./predictions.tsx";

/** A network trains before one's eyes: its losses, and what its gates do on one example. */
export function Train() {
  const state = training.value;
  const runs = state !== null && state.state !== "done";
  return (
    <div class="train">
      <h1 class="small">Train a network on this page</h1>
      <Settings disabled={runs} />
      <p class="quiet">{labCard(trainingWanted.value.lab).text}</p>
      <GiveData disabled={runs} />
      <div class="row">
        <RunButtons
          state={state?.state ?? null}
          begin="Train"
          beginHeld="Begin held, step by step"
          disabled={!hasData()}
          onBegin={(held) => void startTraining(held)}
          onToggle={toggle}
          onStep={() => void ask("step", {})}
          onEnd={() => void ask("cancel", {})}
        />
        {state && (
          <button type="button" class="plain" onClick={() => show("read")}>
            Read with it
          </button>
        )}
        {state && about.value?.writes && (
          <button type="button" class="plain" onClick={() => show("write")}>
            Write with it
          </button>
        )}
      </div>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {state && <Progress state={state} />}
    </div>
  );
}

function Progress({ state }: { state: TrainingState }) {
  const { step, steps, stepsPerSecond, accuracy, baseline, at, loss, validation } = state;
  const behind = step < (at.at(-1) ?? 0);
  const words = behind ? "Back" : { running: "Training", paused: "Held", done: "Done" }[state.state];
  const point = behind ? at.findLastIndex((one) => one <= step) : at.length - 1;
  return (
    <>
      <p class="said">
        {words}: step {step} of {steps}
        {step > 0 && !behind && `, ${Math.round(stepsPerSecond)} a second`}. {lossWords(loss, validation, point)}
        {accuracy !== null && `, accuracy ${accuracy.toFixed(2)}`}
        {`. To beat: ${baseline.words}: ${baseline.loss}. ${belowSince(state)}`}
      </p>
      <Rewind state={state} />
      <Curve training={state} />
      {trainedWith.value && <SaveFigure of="losses" make={() => lossFigure(state, origin(step))} />}
      {trace.value && <Example />}
      {cell.value && <Gates />}
      <CodePanel trained={step} />
    </>
  );
}

function lossWords(loss: Float64Array, validation: Float64Array, point: number): string {
  if (point < 0) return "No loss yet";
  const held = validation.length > 0 ? `, on rows held out ${validation[point].toPrecision(3)}` : "";
  return `Loss ${loss[point].toPrecision(3)}${held}`;
}

/** Since when the loss is below the one to beat, and stays there: learning has begun. */
function belowSince({ baseline, at, loss, validation }: TrainingState): string {
  const measured = validation.length > 0 ? validation : loss;
  if (measured.length === 0) return "";
  const last = measured.findLastIndex((one) => !(one < baseline.loss));
  if (last === measured.length - 1) return "It is not below that yet.";
  return `Below that since step ${at[last + 1]}.`;
}

/** What it says of the example at this moment. */
function Example() {
  return (
    <section aria-label="The example">
      <h2 class="lane">The example: {trace.value!.input.slice(0, 200)}</h2>
      <Outcome />
    </section>
  );
}

/** Two values of every unit on one example, as they change. */
function Gates() {
  const { values, units } = cell.value!;
  const { steps } = trace.value!;
  const names = ["f", "z", "i", "c", "h"].filter((name) => name in values).slice(0, 3);
  const width = Math.max(4, Math.min(60, Math.floor(Math.min(innerWidth - 60, 600) / steps.length)));
  return (
    <div class="pair">
      {names.map((name) => {
        const signed = isSigned(name);
        const limit = signed ? limitFor(values[name]) : null;
        const colours = signed ? blueOrange : cividis;
        return (
          <section key={name} aria-label={gateName(name)}>
            <h2 class="lane">
              The {gateName(name)}, {units} units at {steps.length} steps of one example
            </h2>
            <Heatmap
              values={values[name]}
              columns={steps.length}
              rows={units}
              columnWidth={width}
              rowHeight={Math.max(3, Math.min(10, Math.floor(160 / units)))}
              colours={colours}
              limit={limit}
              cursor={null}
              label={`The ${gateName(name)} of every unit at every step of one example`}
              onChoose={(t, u) => {
                choose(t, u);
                show("read");
              }}
            />
            <Scale colours={colours} limit={limit} label="" />
            <SaveFigure of={gateName(name)} make={() => gateFigure(trace.value!, cell.value!, name, origin())} />
          </section>
        );
      })}
    </div>
  );
}

function toggle(): void {
  void ask("pause", { on: training.value?.state !== "paused" });
}

function Settings({ disabled }: { disabled: boolean }) {
  const now = trainingWanted.value;
  const set = (changes: Partial<typeof now>) => {
    trainingWanted.value = { ...trainingWanted.value, ...changes };
    remember();
  };
  const number = (name: "units" | "rate" | "steps" | "seed" | "dropout", label: string, step: number | "any") => (
    <NumberInput
      label={label}
      value={now[name]}
      bounds={bounds[name]}
      step={step}
      onChange={(value) => set({ [name]: value })}
    />
  );
  return (
    <fieldset class="settings" disabled={disabled}>
      <legend class="unseen">What to train</legend>
      <label>
        Task{" "}
        <select value={now.lab} onChange={(event) => set(usualSettings(event.currentTarget.value as PageLab))}>
          {labCards.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Layer{" "}
        <select value={now.cell} onChange={(event) => set({ cell: event.currentTarget.value as CellName })}>
          {cellNames.map((name) => (
            <option key={name} value={name}>
              {layerNames[name]}
            </option>
          ))}
        </select>
      </label>
      {number("units", "Units", 1)}
      {number("rate", "Learning rate", "any")}
      {number("steps", "Steps", 1)}
      {number("seed", "Seed", 1)}
      {["text", "faq", "reviews", "imdb", "dialogues"].includes(now.lab) && number("dropout", "Dropout", "any")}
    </fieldset>
  );
}
