import { useState } from "preact/hooks";
import type { About } from "../../../src/studio/messages.ts";
import { gateName, meanAt } from "../gates.ts";
import { about, cell, clamp, hold, readInstead, replace, step, trace, unit } from "../state.ts";

/** What can be done to the network at the chosen step: hold a gate, silence a unit, read another word. */
export function Interventions() {
  const { steps } = trace.value!;
  const held = clamp.value;
  const instead = replace.value;
  const at = held?.step == null ? "at every step" : `at “${steps[held.step]?.text}”`;
  return (
    <fieldset class="interventions">
      <legend>What if …</legend>
      <Hold />
      <Silence />
      <Instead key={step.value} />
      {(held || instead) && (
        <div class="hold">
          <strong>
            {held && (held.gate === "h" ? `Unit ${held.unit! + 1} is silent: ` : `Held ${at}: `)}
            {instead && `Step ${instead.step + 1} is read as “${instead.by}”: `}
            what you see follows from it.
            {held && held.step !== null && held.step !== step.value && " A hold at another step takes its place."}
          </strong>
          <button
            type="button"
            onClick={() => {
              replace.value = null;
              hold(null);
            }}
          >
            Let it go
          </button>
        </div>
      )}
    </fieldset>
  );
}

/** A gate is held by a slider; what follows from it is traced again. */
function Hold() {
  const { values, units, name } = cell.value!;
  const gated = ["f", "i", "o", "z", "r"].filter((gate) => gate in values);
  if (gated.length === 0) return null;
  const at = clamp.value;
  const here = at !== null && at.gate !== "h" && at.cell === name && (at.step === null || at.step === step.value);
  const held = here ? at : null; // the slider is of the chosen step, whatever is held elsewhere
  const shown = held && gated.includes(held.gate) ? held.gate : gated[0];
  const u = held ? held.unit : null;
  const own = (all: boolean) =>
    all ? meanAt(values[shown], step.value!, units) : values[shown][step.value! * units + unit.value];
  const now = held?.value ?? own(u === null);
  const change = (gate: string, of: number | null, value: number) =>
    hold({ cell: name, gate, step: step.value!, unit: of, value });
  return (
    <div class="hold">
      <label>
        Hold the{" "}
        <select value={shown} onChange={(event) => change(event.currentTarget.value, u, now)}>
          {gated.map((gate) => (
            <option key={gate} value={gate}>
              {gateName(gate)}
            </option>
          ))}
        </select>
      </label>
      <label>
        of{" "}
        <select
          value={u === null ? "all" : "one"}
          onChange={(event) => {
            const all = event.currentTarget.value === "all";
            change(shown, all ? null : unit.value, held?.value ?? own(all));
          }}
        >
          <option value="all">all units</option>
          <option value="one">unit {unit.value + 1}</option>
        </select>
      </label>
      <label>
        at{" "}
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={now}
          onInput={(event) => change(shown, u, Number(event.currentTarget.value))}
        />
        <output>{now.toFixed(2)}</output>
      </label>
    </div>
  );
}

/** A unit that gives 0 at every step. */
function Silence() {
  const { name } = cell.value!;
  const silent = clamp.value?.gate === "h" && clamp.value.value === 0 && clamp.value.unit === unit.value;
  return (
    <div class="hold">
      <button
        type="button"
        aria-pressed={silent}
        onClick={() => hold(silent ? null : { cell: name, gate: "h", step: null, unit: unit.value, value: 0 })}
      >
        Silence unit {unit.value + 1}
      </button>
      <span class="quiet">its output is 0 at every step</span>
    </div>
  );
}

const kinds = { words: "another word", characters: "another character", ids: "another id", none: "" };
const another = ({ input, features }: About): string =>
  input !== "numbers" ? kinds[input] : features === 1 ? "another number" : "other numbers";

/** The chosen step, read as another one. */
function Instead() {
  const { steps } = trace.value!;
  const [typed, type] = useState("");
  const { text } = steps[step.value!];
  if (text === "(begin)") return null;
  return (
    <form
      class="hold"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== "") void readInstead({ step: step.value!, by: typed });
      }}
    >
      <label>
        <span>
          Read {another(about.value!)} in place of “<bdi>{text}</bdi>”
        </span>
        <input
          type="text"
          value={typed}
          size={14}
          spellcheck={false}
          dir="auto"
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={typed.trim() === ""}>
        Read it
      </button>
    </form>
  );
}
