import { signal } from "@preact/signals";
import {
  type CellName,
  cellNames,
  type TrainingState,
  type TrainLab,
  trainLabs,
} from "../../../src/studio/messages.ts";
import { bounds } from "../../../src/studio/read-ask.ts";
import { ask } from "../client.ts";
import { blueOrange, cividis, limitFor } from "../colours.ts";
import { gateFigure } from "../figures/of-trace.ts";
import { lossFigure } from "../figures/of-training.ts";
import { gateName, isSigned } from "../gates.ts";
import { origin } from "../origin.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { Curve } from "../parts/curve.tsx";
import { Heatmap, Scale } from "../parts/heatmap.tsx";
import { NumberInput } from "../parts/number-input.tsx";
import { RunButtons } from "../parts/run-buttons.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { cell, choose, input, problem, readInput, show, takeOpened, trace, trainedWith } from "../state.ts";
import { labNames, layerNames, type TrainingSettings } from "../training-settings.ts";

const wanted = signal<TrainingSettings>({
  lab: "adding",
  cell: "lstm",
  units: 16,
  rate: 0.01,
  steps: 3000,
  seed: 1,
});
const training = signal<TrainingState | null>(null);

const between = 500; // ms between two looks at the gates
let looked = 0;
let looking = false;

async function start(paused: boolean): Promise<void> {
  problem.value = "";
  training.value = null;
  const settings = wanted.value;
  const tell = await ask(
    "train",
    { ...settings, paused },
    {
      opened(tell) {
        takeOpened(tell, null);
        trainedWith.value = settings;
        if (tell.tell === "opened") input.value = tell.about.example;
      },
      progress(state) {
        training.value = state;
        void look(state.state !== "running");
      },
    },
  );
  if (tell?.tell === "failed") problem.value = tell.problem;
  else if (tell) await look(true);
}

/** Traces the example with the weights of this moment. */
async function look(now: boolean): Promise<void> {
  if (looking || (!now && performance.now() - looked < between)) return;
  looking = true;
  await readInput();
  looking = false;
  looked = performance.now();
}

/** A network trains before one's eyes: its losses, and what its gates do on one example. */
export function Train() {
  const state = training.value;
  const runs = state !== null && state.state !== "done";
  return (
    <div class="train">
      <h1 class="small">Train a network on this page</h1>
      <Settings disabled={runs} />
      <div class="row">
        <RunButtons
          state={state?.state ?? null}
          begin="Train"
          beginHeld="Begin held, step by step"
          onBegin={(held) => void start(held)}
          onToggle={toggle}
          onStep={() => void ask("step", {})}
          onEnd={() => void ask("cancel", {})}
        />
        {state && (
          <button type="button" class="plain" onClick={() => show("read")}>
            Read with it
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
  const { step, steps, stepsPerSecond, baseline, loss, validation } = state;
  const words = { running: "Training", paused: "Held", done: "Done" }[state.state];
  return (
    <>
      <p class="said">
        {words}: step {step} of {steps}
        {step > 0 &&
          `, ${Math.round(stepsPerSecond)} a second. Loss ${lastOf(loss)}, on rows held out ${lastOf(validation)}`}
        . To beat: {baseline}.
      </p>
      <Curve training={state} />
      {trainedWith.value && <SaveFigure of="losses" make={() => lossFigure(state, origin(step))} />}
      {cell.value && <Gates />}
      <CodePanel trained={step} />
    </>
  );
}

const lastOf = (values: Float64Array): string => values[values.length - 1]?.toPrecision(3) ?? "none yet";

/** Two values of every unit on one example, as they change. */
function Gates() {
  const { values, units } = cell.value!;
  const { steps } = trace.value!;
  const names = ["f", "z", "i", "c", "h"].filter((name) => name in values).slice(0, 3);
  const width = Math.max(4, Math.floor(Math.min(innerWidth - 60, 600) / steps.length));
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
  const now = wanted.value;
  const set = (changes: Partial<typeof now>) => {
    wanted.value = { ...wanted.value, ...changes };
  };
  const number = (name: "units" | "rate" | "steps" | "seed", label: string, step: number | "any") => (
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
        <select value={now.lab} onChange={(event) => set({ lab: event.currentTarget.value as TrainLab })}>
          {trainLabs.map((lab) => (
            <option key={lab} value={lab}>
              {labNames[lab]}
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
    </fieldset>
  );
}
