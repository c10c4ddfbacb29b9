import { gateName } from "../gates.ts";
import { cell, choose, step, trace, unit } from "../state.ts";

/** One step of one unit, with its numbers: what came in, the gates, and what went out. */
export function Cell() {
  const { steps } = trace.value!;
  const { values, units, kind, name } = cell.value!;
  const t = step.value!;
  const u = unit.value;
  const at = (gate: string, time = t) => (time < 0 ? 0 : values[gate][time * units + u]);
  return (
    <section class="cell" aria-labelledby="cell-title">
      <h2 id="cell-title">
        Inside unit {u + 1} of {name} at “<bdi>{steps[t].text}</bdi>”
      </h2>
      <div class="row">
        <button type="button" disabled={t === 0} onClick={() => choose(t - 1)} aria-label="The step before">
          ←
        </button>
        <span>
          step {t + 1} of {steps.length}
        </span>
        <button
          type="button"
          disabled={t === steps.length - 1}
          onClick={() => choose(t + 1)}
          aria-label="The next step"
        >
          →
        </button>
        <label>
          unit{" "}
          <input
            type="number"
            min={1}
            max={units}
            value={u + 1}
            onChange={(event) => choose(t, Number(event.currentTarget.value) - 1)}
          />{" "}
          of {units}
        </label>
      </div>
      {kind === "lstm" && values.f ? (
        <LstmStep at={at} t={t} />
      ) : kind === "gru" && values.z ? (
        <GruStep at={at} t={t} />
      ) : (
        <Plain at={at} names={Object.keys(values)} t={t} />
      )}
    </section>
  );
}

type At = (gate: string, time?: number) => number;
const number = (v: number): string => (v < 0 ? `−${Math.abs(v).toFixed(3)}` : v.toFixed(3));

/** The two lines of an LSTM with this step's numbers, and what each number is. */
function LstmStep({ at, t }: { at: At; t: number }) {
  const [f, i, g, o, c, h] = ["f", "i", "g", "o", "c", "h"].map((gate) => at(gate));
  const before = at("c", t - 1);
  return (
    <>
      <div class="flow">
        <Term name="memory before" symbol="c₋" value={before} />
        <span class="sign">×</span>
        <Term name="forget gate" symbol="f" value={f} gate />
        <span class="sign">+</span>
        <Term name="input gate" symbol="i" value={i} gate />
        <span class="sign">×</span>
        <Term name="candidate" symbol="g" value={g} />
        <span class="sign">=</span>
        <Term name="memory after" symbol="c" value={c} strong />
      </div>
      <div class="flow">
        <Term name="output gate" symbol="o" value={o} gate />
        <span class="sign">×</span>
        <Term name="memory, between −1 and 1" symbol="tanh c" value={Math.tanh(c)} />
        <span class="sign">=</span>
        <Term name="output" symbol="h" value={h} strong />
      </div>
      <p>
        {number(f * before)} was kept of {number(before)}, and {number(i * g)} was written.
      </p>
    </>
  );
}

function GruStep({ at, t }: { at: At; t: number }) {
  const [z, g, h] = ["z", "g", "h"].map((gate) => at(gate));
  const before = at("h", t - 1);
  return (
    <>
      <div class="flow">
        <Term name="memory before" symbol="h₋" value={before} />
        <span class="sign">×</span>
        <Term name="update gate" symbol="z" value={z} gate />
        <span class="sign">+</span>
        <Term name="what z leaves" symbol="1 − z" value={1 - z} gate />
        <span class="sign">×</span>
        <Term name="candidate" symbol="g" value={g} />
        <span class="sign">=</span>
        <Term name="output, memory after" symbol="h" value={h} strong />
      </div>
      {"r" in cell.value!.values && (
        <p>The reset gate r = {number(at("r"))} decided how much of the memory the candidate saw.</p>
      )}
    </>
  );
}

function Plain({ at, names, t }: { at: At; names: readonly string[]; t: number }) {
  return (
    <div class="flow">
      <Term name="output before" symbol="h₋" value={at("h", t - 1)} />
      {names.map((name) => (
        <Term key={name} name={gateName(name)} symbol={name} value={at(name)} strong={name === "h"} />
      ))}
    </div>
  );
}

function Term({
  name,
  symbol,
  value,
  gate = false,
  strong = false,
}: {
  name: string;
  symbol: string;
  value: number;
  gate?: boolean;
  strong?: boolean;
}) {
  return (
    <span class={strong ? "term strong" : "term"}>
      <small>{name}</small>
      <b>{number(value)}</b>
      <i>{symbol}</i>
      {gate && (
        <span class="track" aria-hidden="true">
          <span style={{ width: `${Math.max(0, Math.min(1, value)) * 100}%` }} />
        </span>
      )}
    </span>
  );
}
