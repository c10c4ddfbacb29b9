import { attended, forecasts, overfitting, padded } from "../lessons/experiments.ts";
import type { Lesson } from "../lessons/lesson.ts";
import { extreme, measured, measureNames } from "../lessons/measure.ts";
import { heldWords, temperatures } from "../lessons/state.ts";
import { PlainChart } from "../parts/plain-chart.tsx";
import { flow, fresh, race } from "../race.ts";
import { cell, trace } from "../state.ts";
import { Flow, Progress } from "./race.tsx";

/** What came out, as numbers beside the student's: for each kind of lesson its own picture. */
export function LessonResult({ lesson, answer }: { lesson: Lesson; answer: number }) {
  const { task } = lesson;
  if (task.kind === "step" || task.kind === "percent")
    return <StepBars measure={task.measure} find={task.kind === "step" ? task.find : null} answer={answer} />;
  if (task.kind === "held") return <Held />;
  if (task.kind === "temperature") return <Temperatures />;
  if (task.experiment === "race") return <Raced />;
  if (task.experiment === "padding") return <PaddingResult />;
  return task.experiment === "overfitting" ? <Overfitted /> : <Forecasted />;
}

type Measure = keyof typeof measureNames;

/** A bar for each step; the student's and the one that came out are marked, by words too. */
function StepBars(props: { measure: Measure; find: "most" | "least" | null; answer: number }) {
  const { measure, find, answer } = props;
  const [traced, shown] = [trace.value, cell.value];
  const values = traced && shown && measured(measure, traced, shown);
  if (!values) return null;
  const most = measure === "written" ? Math.max(...values.filter((v) => !Number.isNaN(v))) : 1;
  const truth = find ? extreme(values, find) : -1;
  return (
    <section aria-label="Every step" class="scrolls">
      <table class="step-bars">
        <caption>{measureNames[measure]}</caption>
        <tbody>
          {traced.steps.map(({ text }, t) => (
            <tr key={t} class={t === truth ? "marked" : ""}>
              <th scope="row">
                <bdi>{text}</bdi>
              </th>
              <td>
                <span class="track">
                  <span style={{ width: `${(Number.isNaN(values[t]) ? 0 : values[t] / most) * 100}%` }} />
                </span>
              </td>
              <td>{Number.isNaN(values[t]) ? "none yet" : values[t].toFixed(2)}</td>
              <td>{find && [t === truth && find, t === answer - 1 && "your answer"].filter(Boolean).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Held() {
  if (heldWords.value.length === 0) return null;
  return (
    <table class="step-bars">
      <caption>The likeliest answers, before and with the gate held</caption>
      <thead>
        <tr>
          <th scope="col">answer</th>
          <th scope="col">before</th>
          <th scope="col">held</th>
        </tr>
      </thead>
      <tbody>
        {heldWords.value.map(([name, before, after]) => (
          <tr key={name}>
            <th scope="row">
              <bdi>{name}</bdi>
            </th>
            <td>{before.toFixed(2)}</td>
            <td>{after < 0.01 ? "less than 0.01" : after.toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Temperatures() {
  return (
    <div class="pair">
      {temperatures.value.map(({ temperature, words }) => (
        <table class="step-bars" key={temperature}>
          <caption>Temperature {temperature}</caption>
          <tbody>
            {words.map(([word, probability]) => (
              <tr key={word}>
                <th scope="row">
                  <bdi>{word}</bdi>
                </th>
                <td>
                  <span class="track">
                    <span style={{ width: `${probability * 100}%` }} />
                  </span>
                </td>
                <td>{probability.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}

function PaddingResult() {
  const found = padded.value;
  if (!found) return null;
  const { labels, without, masked, unmasked } = found;
  const rows = [
    ["the words alone", without],
    ["40 zeros behind, masked", masked],
    ["40 zeros behind, read as words", unmasked],
  ] as const;
  const last = labels.length - 1;
  return (
    <table class="step-bars">
      <caption>Probability of “{labels[last]}”</caption>
      <tbody>
        {rows.map(([name, values]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <span class="track">
                <span style={{ width: `${values[last] * 100}%` }} />
              </span>
            </td>
            <td>{values[last].toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Overfitted() {
  const all = overfitting.value;
  if (all.length === 0) return null;
  const looks = [0, 2] as const;
  const lines = all.flatMap(({ dropout, state }, k) => {
    const name = dropout === 0 ? "without dropout" : `dropout ${dropout}`;
    const look = looks[k];
    return [
      { name: `new sentences, ${name}`, values: [...state.validation], look },
      { name: `training, ${name}`, values: [...state.loss], look: (look + 1) as 1 | 3 },
    ];
  });
  const label = lines.map(({ name, values }) => `${name} ends at ${values.at(-1)?.toFixed(2)}`).join("; ");
  return <PlainChart lines={lines} xLabel="epochs of training" ends={["0", "50"]} label={`Losses: ${label}.`} />;
}

function Forecasted() {
  const found = forecasts.value;
  if (!found) return null;
  const [network, last, year, growth] = found.rows;
  const lines = [
    { name: "what happened", values: found.months, look: 3 as const },
    { name: network.name, values: network.values, look: 0 as const },
    { name: last.name, values: last.values, look: 1 as const },
    { name: growth.name, values: growth.values, look: 2 as const },
  ];
  const label = `Passengers of twelve months and their forecasts; ${found.rows.map(({ name, rmse }) => `${name}: RMSE ${rmse.toFixed(1)}`).join("; ")}`;
  return (
    <>
      <PlainChart lines={lines} xLabel="the last twelve months" ends={["January", "December"]} label={label} />
      <table class="step-bars">
        <caption>Root of the mean squared error, thousand passengers</caption>
        <tbody>
          {[network, last, year, growth].map(({ name, rmse }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{rmse.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The race, its gradient, and attention beside it. */
function Raced() {
  const state = race.value;
  return (
    <>
      {state && <Progress state={state} />}
      {flow.value && <Flow now={flow.value} before={fresh.value} />}
      {attended.value && <AttentionLane />}
    </>
  );
}

function AttentionLane() {
  const { row, weights, loss } = attended.value!;
  const marked = row.map((step) => step.endsWith(" 1"));
  const part = weights.reduce((sum, weight, t) => (marked[t] ? sum + weight : sum), 0);
  const most = Math.max(...weights);
  const [width, height] = [560, 90];
  const column = width / row.length;
  const said = `Attention on the same task: loss ${loss.toPrecision(2)} after 800 steps. The two marked steps have ${Math.round(part * 100)} % of its attention, the other ${row.length - 2} the rest.`;
  return (
    <section aria-labelledby="attention-title">
      <h2 id="attention-title">The attention lane: no path to travel</h2>
      <p class="said">{said}</p>
      <svg class="lane-bars" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said}>
        {Array.from(weights, (weight, t) => {
          const tall = Math.max(1, (weight / most) * (height - 22));
          return (
            <g key={t}>
              <rect
                class={marked[t] ? "marked" : ""}
                x={t * column + 1}
                y={height - 20 - tall}
                width={column - 2}
                height={tall}
              />
              {marked[t] && (
                <text x={t * column + column / 2} y={height - 6}>
                  {row[t].split(" ")[0]}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <p class="quiet">
        One bar for each of the {row.length} steps of a row: how much of its attention the network gives it. The marked
        steps have their number below. No recurrence: every step is one step away from the answer.
      </p>
    </section>
  );
}
