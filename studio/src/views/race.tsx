import type { RaceEqual, RaceFlow, RaceState, RaceTask } from "../../../src/studio/messages.ts";
import { bounds } from "../../../src/studio/read-ask.ts";
import { raceFlowFigure, raceLossFigure } from "../figures/of-race.ts";
import { gateWords } from "../gates.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { cellLooks, type Line, Lines } from "../parts/lines.tsx";
import { NumberInput } from "../parts/number-input.tsx";
import { RunButtons } from "../parts/run-buttons.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { Behind } from "../parts/tables.tsx";
import { begin, end, flow, fresh, look, oneStep, race, raceOf, toggle, want } from "../race.ts";
import { flowSentence, meanOf, raceSentence, smallest } from "../race-sentences.ts";
import { raceBounds, raceWanted } from "../race-settings.ts";
import { problem } from "../state.ts";

const taskNames: Readonly<Record<RaceTask, string>> = { adding: "Adding problem", recall: "Delayed recall" };
const taskWords: Readonly<Record<RaceTask, string>> = {
  adding: "Each step is a number and a mark; the answer is the sum of the two that are marked, one in each half.",
  recall:
    "The first step shows one of eight symbols; noise follows, and at the last step the network is asked for the symbol.",
};
const equalNames: Readonly<Record<RaceEqual, string>> = {
  units: "units",
  parameters: "parameters, as the LSTM of",
};

/** Simple RNN, LSTM and GRU train side by side on a memory task; then the gradient says why one forgets. */
export function Race() {
  const state = race.value;
  const runs = state !== null && state.state !== "done";
  return (
    <div class="race">
      <h1 class="small">Race: who remembers?</h1>
      <Settings disabled={runs} />
      <div class="row">
        <RunButtons
          state={state?.state ?? null}
          begin="Race"
          beginHeld="Begin held: the gradient before training"
          onBegin={(held) => void begin(held)}
          onToggle={toggle}
          onStep={oneStep}
          onEnd={end}
        />
        {runs && state.state === "running" && (
          <button type="button" class="plain" onClick={() => void look()}>
            Gradient flow now
          </button>
        )}
      </div>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {state ? <Progress state={state} /> : <p class="quiet">{taskWords[raceWanted.value.task]}</p>}
      {flow.value && <Flow now={flow.value} before={fresh.value} />}
      {state && <CodePanel race={{ settings: raceOf.value, steps: state.step, networks: state.networks }} />}
    </div>
  );
}

function Settings({ disabled }: { disabled: boolean }) {
  const now = raceWanted.value;
  const [least, most] = raceBounds.length;
  return (
    <fieldset class="settings" disabled={disabled}>
      <legend class="unseen">What to race on</legend>
      <label>
        Task{" "}
        <select value={now.task} onChange={(event) => want({ task: event.currentTarget.value as RaceTask })}>
          {Object.entries(taskNames).map(([task, name]) => (
            <option key={task} value={task}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Length{" "}
        <input
          type="range"
          min={least}
          max={most}
          step={1}
          value={now.length}
          aria-valuetext={`${now.length} steps`}
          onInput={(event) => want({ length: Number(event.currentTarget.value) })}
        />
        <output>{now.length} steps</output>
      </label>
      <label>
        Equal{" "}
        <select value={now.equal} onChange={(event) => want({ equal: event.currentTarget.value as RaceEqual })}>
          {Object.entries(equalNames).map(([equal, name]) => (
            <option key={equal} value={equal}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <NumberInput label="Units" value={now.units} bounds={raceBounds.units} onChange={(units) => want({ units })} />
      <NumberInput label="Seeds" value={now.seeds} bounds={raceBounds.seeds} onChange={(seeds) => want({ seeds })} />
      <NumberInput
        label="Steps of training"
        value={now.steps}
        bounds={raceBounds.steps}
        onChange={(steps) => want({ steps })}
      />
      <NumberInput label="First seed" value={now.seed} bounds={bounds.seed} onChange={(seed) => want({ seed })} />
    </fieldset>
  );
}

/** The losses so far. */
export function Progress({ state }: { state: RaceState }) {
  const { at, networks, steps, baseline } = state;
  const { length, task } = raceOf.value;
  const said = raceSentence(state, length, task);
  const lines = networks.flatMap(({ cell, losses }): Line[] => {
    const seeds = losses.map((values): Line => ({ cell, kind: "seed", values }));
    return losses.length === 1
      ? [{ ...seeds[0], kind: "mean" }]
      : [...seeds, { cell, kind: "mean", values: at.map((_, k) => average(losses, k)) }];
  });
  return (
    <>
      <p class="said">{said}</p>
      <p class="quiet">
        {taskWords[task]} Who has learned nothing has a loss of {baseline.toPrecision(3)}; learned means a tenth of
        that. Each network of a seed trains on the same rows, 32 a step, and the loss is that on 100 others.
      </p>
      <Networks state={state} />
      <h2 class="lane">
        Loss against steps of training{networks[0].losses.length > 1 ? ": thin, each seed; thick, their mean" : ""}
      </h2>
      <Lines
        x={at}
        xMost={steps}
        lines={lines}
        xLabel="steps of training"
        yLabel="loss"
        label={`Loss against steps of training. ${said}`}
      />
      <SaveFigure of="losses" make={() => raceLossFigure(state, raceOf.value)} />
      <Behind title="The losses as a table">
        {() => (
          <Table
            first="step"
            columns={at}
            head={String}
            networks={networks.map(({ cell, losses }) => ({ cell, rows: losses }))}
          />
        )}
      </Behind>
    </>
  );
}

/** Sizes and losses of the networks, and what their lines look like. */
function Networks({ state: { networks } }: { state: RaceState }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scrolls" tabIndex={0} aria-label="The networks">
      <table>
        <thead>
          <tr>
            <th scope="col">network</th>
            <th scope="col">units</th>
            <th scope="col">parameters</th>
            <th scope="col">learning rate</th>
            <th scope="col">loss</th>
          </tr>
        </thead>
        <tbody>
          {networks.map(({ cell, units, parameters, learningRate, losses }) => (
            <tr key={cell}>
              <th scope="row">
                <svg class="sample" width="40" height="10" aria-hidden="true">
                  <path
                    d="M0 5H40"
                    stroke={`var(${cellLooks[cell].colour})`}
                    stroke-width="2.5"
                    stroke-dasharray={cellLooks[cell].dash.join(" ")}
                  />
                </svg>{" "}
                {gateWords.kinds[cell]}
              </th>
              <td>{units}</td>
              <td>{parameters.toLocaleString("en")}</td>
              <td>{learningRate}</td>
              <td>{losses[0].length > 0 ? average(losses, losses[0].length - 1).toPrecision(3) : "none yet"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How much of the gradient reaches each step, on a logarithmic axis. */
export function Flow({ now, before }: { now: RaceFlow; before: RaceFlow | null }) {
  const said = flowSentence(now);
  const steps = now.networks[0].shares[0].length;
  const x = Float64Array.from({ length: steps }, (_, t) => t + 1);
  const drawn = (values: Float64Array): Float64Array => values.map((v) => Math.max(v, smallest));
  const mean = (shares: readonly Float64Array[]): Float64Array => x.map((_, t) => meanOf(shares, t));
  const trained = before && now.step > 0 ? before : null;
  const lines = now.networks.flatMap(({ cell, shares }, k): Line[] => [
    ...(trained ? [{ cell, kind: "fresh" as const, values: mean(trained.networks[k].shares) }] : []),
    ...(shares.length > 1 ? shares.map((values): Line => ({ cell, kind: "seed", values: drawn(values) })) : []),
    { cell, kind: "mean", values: mean(shares) },
  ]);
  const under = now.networks.some(({ shares }) => shares.some((values) => values.some((v) => v < smallest)));
  return (
    <section aria-labelledby="flow-title">
      <h2 id="flow-title">Gradient flow: why a network forgets</h2>
      <p class="said">{said}</p>
      <Lines
        x={x}
        xMost={steps}
        lines={lines}
        xLabel="step of the sequence"
        yLabel="gradient, last step = 1"
        label={`Gradient at each step. ${said}`}
      />
      <p class="quiet">
        Thick: the networks after {now.step} steps{trained ? "; dotted and thinner: before training" : ""}. The norm of
        the output's gradient for the state at each step (h; in the LSTM c, which carries its memory), over that at the
        last step.
        {under ? " Below 10⁻³⁸ the 32-bit numbers end: what is less is drawn there." : ""}
      </p>
      <SaveFigure of="the gradient flow" make={() => raceFlowFigure(now, before, raceOf.value)} />
      <Behind title="The gradient flow as a table">
        {() => (
          <Table
            first="step"
            columns={x}
            head={String}
            networks={now.networks.map(({ cell, shares }) => ({ cell, rows: shares }))}
          />
        )}
      </Behind>
    </section>
  );
}

function Table(props: {
  first: string;
  columns: Float64Array;
  head: (value: number) => string;
  networks: readonly { cell: RaceState["networks"][number]["cell"]; rows: readonly Float64Array[] }[];
}) {
  const rows = props.networks.flatMap(({ cell, rows }) =>
    rows.map((values, k) => ({ name: `${gateWords.kinds[cell]}, seed ${raceOf.value.seed + k}`, values })),
  );
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{props.first}</th>
          {rows.map(({ name }) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from(props.columns, (value, k) => (
          <tr key={k}>
            <th scope="row">{props.head(value)}</th>
            {rows.map(({ name, values }) => (
              <td key={name}>{values[k]?.toPrecision(3)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const average = (rows: readonly Float64Array[], k: number): number =>
  rows.reduce((sum, values) => sum + values[k], 0) / rows.length;
