import type { StepOutputs } from "../../../src/studio/messages.ts";
import { predictionFigure } from "../figures/of-trace.ts";
import { partTrace } from "../long.ts";
import { origin } from "../origin.ts";
import { followedOf } from "../outputs.ts";
import { SaveFigure } from "../parts/save-figure.tsx";
import { about, step, trace } from "../state.ts";

/** The prediction for the whole input, or up to the chosen step; and what it was before something was held or replaced. */
export function Outcome() {
  const { outputs, before, steps, answer } = trace.value!;
  const { labels, values, at, kind, words } = outputs;
  const rows = words?.length ?? values.length / Math.max(1, labels.length);
  const row = at === "each" && step.value !== null ? Math.min(step.value, rows - 1) : rows - 1;
  const upTo = at === "each" && step.value !== null && step.value < steps.length - 1;
  const place = upTo ? `After “${steps[row].text}”` : "After all of it";
  const was = before && rowsOf(before, Math.min(row, rowCount(before) - 1));
  const now = rowsOf(outputs, row);
  const end = upTo ? <AtTheEnd /> : null;
  const said = answer && <p class="outcome">{answer}</p>;
  if (kind === "value")
    return (
      <>
        {said}
        <p class="outcome">
          {place}:{" "}
          {now.slice(0, 6).map(([name, v], k) => (
            <span key={name}>
              <b>{Number(v.toPrecision(4))}</b>
              {labels.length > 1 || name !== "output" ? ` ${name}` : ""}
              {was && `, it was ${Number(was[k][1].toPrecision(4))}`}
              {k < Math.min(now.length, 6) - 1 ? "; " : " "}
            </span>
          ))}
          {labels.length === 1 && about.value!.input === "numbers" && !answer && "is predicted."}
        </p>
        {end}
      </>
    );
  return (
    <div class="outcome">
      {said}
      <span>
        {place}
        {words ? ", the next word" : ""}:
      </span>
      <Bars
        rows={words || now.length !== 2 ? [...now].sort((a, b) => b[1] - a[1]).slice(0, 5) : [...now].reverse()}
        was={was && new Map(was)}
      />
      {end}
    </div>
  );
}

/** What is predicted once all is read, beside the prediction at a step before. */
function AtTheEnd() {
  const { outputs, before } = trace.value!;
  if (outputs.words) return null;
  const { place, values } = followedOf(outputs);
  const was = before && atPlace(before, place).at(-1);
  const show = (v: number) => (outputs.kind === "probability" ? v.toFixed(2) : String(Number(v.toPrecision(4))));
  return (
    <p class="quiet">
      After all of it: {outputs.labels[place]} {show(values.at(-1)!)}
      {was != null && `, it was ${show(was)}`}.
    </p>
  );
}

const rowCount = ({ words, labels, values }: StepOutputs): number =>
  words?.length ?? values.length / Math.max(1, labels.length);

/** Names and numbers of the outputs at a row. */
const rowsOf = ({ words, labels, values }: StepOutputs, row: number): (readonly [string, number])[] =>
  words
    ? words[row].map(({ token, probability }) => [token, probability] as const)
    : labels.map((label, k) => [label, values[row * labels.length + k]] as const);

function Bars({ rows, was }: { rows: readonly (readonly [string, number])[]; was: Map<string, number> | null }) {
  return (
    <ul class="probabilities">
      {rows.map(([label, p]) => (
        <li key={label}>
          <span class="name">{label}</span>
          <span class="track">
            <span style={{ width: `${p * 100}%` }} />
          </span>
          <span class="number">{p.toFixed(2)}</span>
          {was?.has(label) && <small>it was {was.get(label)!.toFixed(2)}</small>}
        </li>
      ))}
    </ul>
  );
}

/** What one of the outputs was at each step. */
const atPlace = ({ labels, values }: StepOutputs, place: number): number[] =>
  Array.from({ length: values.length / labels.length }, (_, t) => values[t * labels.length + place]);

/** The prediction after each step, in a lane: the last class of two, the value, or the likeliest word. */
export function StepPredictions({ width }: { width: number }) {
  const { outputs } = partTrace.value!;
  const { labels, at, kind, words } = outputs;
  if (at !== "each") return <SaveFigure of="predictions" make={() => predictionFigure(partTrace.value!, origin())} />;
  if (words)
    return (
      <>
        <h2 class="lane">The likeliest next word after each step</h2>
        <div class="guesses">
          {words.map(([best], t) => (
            <span key={t} title={best && `${best.token}: ${best.probability.toFixed(2)}`}>
              <bdi>{best?.token}</bdi>
              <small>{best?.probability.toFixed(2)}</small>
            </span>
          ))}
        </div>
        <SaveFigure of="predictions" make={() => predictionFigure(partTrace.value!, origin())} />
      </>
    );
  const { place } = followedOf(trace.value!.outputs); // at the end of it all
  const followed = atPlace(outputs, place);
  const before = partTrace.value!.before && atPlace(partTrace.value!.before, place);
  const probability = kind === "probability";
  const least = probability ? 0 : Math.min(0, ...followed);
  const most = probability ? 1 : Math.max(...followed, ...(before ?? []), least + 1e-9);
  const height = (v: number) => `${((v - least) / (most - least)) * 100}%`;
  return (
    <>
      <h2 class="lane">
        {probability
          ? `Probability of “${labels[place]}” after each step`
          : `Prediction after each step: ${labels[place]}`}
        {before && "; the line is what it was"}
      </h2>
      <div class="bars predictions">
        {followed.map((v, t) => (
          <div class="bar" key={t}>
            <span style={{ height: height(v) }} />
            {before && <i style={{ bottom: height(before[t] ?? 0) }} title={`it was ${before[t]?.toPrecision(3)}`} />}
            <b>{probability ? v.toFixed(2) : width > 40 ? Number(v.toPrecision(3)) : ""}</b>
          </div>
        ))}
      </div>
      <SaveFigure of="predictions" make={() => predictionFigure(partTrace.value!, origin())} />
    </>
  );
}
