import { predictionFigure } from "../figures/of-trace.ts";
import { origin } from "../origin.ts";
import { SaveFigure } from "../parts/save-figure.tsx";
import { about, step, trace } from "../state.ts";

/** The prediction for the whole input, or up to the chosen step. */
export function Outcome() {
  const { outputs, steps } = trace.value!;
  const { labels, values, at, kind, words } = outputs;
  const rows = words?.length ?? values.length / Math.max(1, labels.length);
  const row = at === "each" && step.value !== null ? step.value : rows - 1;
  const upTo = at === "each" && step.value !== null && step.value < steps.length - 1;
  const place = upTo ? `After “${steps[row].text}”` : "After all of it";
  if (words)
    return (
      <div class="outcome">
        <span>{place}, the next word:</span>
        <Bars rows={words[row].slice(0, 5).map(({ token, probability }) => [token, probability])} />
      </div>
    );
  const pairs = labels.map((label, k) => [label, values[row * labels.length + k]] as const);
  if (kind === "value")
    return (
      <p class="outcome">
        {place}: <b>{pairs.map(([, v]) => Number(v.toPrecision(4))).join(", ")}</b>{" "}
        {about.value!.input === "numbers" && "is predicted."}
      </p>
    );
  return (
    <div class="outcome">
      <span>{place}:</span>
      <Bars rows={pairs.length === 2 ? [...pairs].reverse() : [...pairs].sort((a, b) => b[1] - a[1]).slice(0, 5)} />
    </div>
  );
}

function Bars({ rows }: { rows: readonly (readonly [string, number])[] }) {
  return (
    <ul class="probabilities">
      {rows.map(([label, p]) => (
        <li key={label}>
          <span class="name">{label}</span>
          <span class="track">
            <span style={{ width: `${p * 100}%` }} />
          </span>
          <span class="number">{p.toFixed(2)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The prediction after each step, in a lane: the last class of two, the value, or the likeliest word. */
export function StepPredictions({ width }: { width: number }) {
  const { labels, values, at, kind, words } = trace.value!.outputs;
  if (at !== "each") return <SaveFigure of="predictions" make={() => predictionFigure(trace.value!, origin())} />;
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
        <SaveFigure of="predictions" make={() => predictionFigure(trace.value!, origin())} />
      </>
    );
  const k = labels.length - 1;
  const followed = Array.from({ length: values.length / labels.length }, (_, t) => values[t * labels.length + k]);
  const probability = kind === "probability";
  const least = probability ? 0 : Math.min(0, ...followed);
  const most = probability ? 1 : Math.max(...followed, least + 1e-9);
  return (
    <>
      <h2 class="lane">
        {probability ? `Probability of “${labels[k]}” after each step` : "Prediction after each step"}
      </h2>
      <div class="bars predictions">
        {followed.map((v, t) => (
          <div class="bar" key={t}>
            <span style={{ height: `${((v - least) / (most - least)) * 100}%` }} />
            <b>{probability ? v.toFixed(2) : width > 40 ? Number(v.toPrecision(3)) : ""}</b>
          </div>
        ))}
      </div>
      <SaveFigure of="predictions" make={() => predictionFigure(trace.value!, origin())} />
    </>
  );
}
