import type { WorkedSum } from "../../../src/studio/messages.ts";
import { stepFigure, sumFigure } from "../figures/of-cell.ts";
import { type At, type FormulaTerm, formulaLines } from "../formula.ts";
import { gateName } from "../gates.ts";
import { origin } from "../origin.ts";
import { SaveFigure } from "../parts/save-figure.tsx";
import { unitThatLost } from "../sentences.ts";
import { about, cell, cellIndex, choose, clamp, gate, step, trace, unit, worked } from "../state.ts";
import { Interventions } from "./interventions.tsx";

/** One step of one unit, with its numbers: what came in, the gates, and what went out. */
export function Cell() {
  const { steps } = trace.value!;
  const { values, units, kind, name } = cell.value!;
  const t = step.value!;
  const u = unit.value;
  const losing = unitThatLost(cell.value!, steps.length, t);
  const at: At = (name, time = t) => (time < 0 ? 0 : values[name][time * units + u]);
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
        {losing !== null && losing !== u && (
          <button type="button" class="plain" onClick={() => choose(t, losing)}>
            Unit {losing + 1} lost most of its memory here
          </button>
        )}
      </div>
      <Interventions />
      <h3 class="unseen">The step as a formula</h3>
      <SaveFigure of="the step" make={() => stepFigure(trace.value!, cell.value!, { step: t, unit: u }, origin())} />
      {formulaLines(kind, Object.keys(values), at, t).map((line, k) => (
        <div class="flow" key={k}>
          {line.map((part, n) =>
            typeof part === "string" ? (
              <span class="sign" key={n}>
                {part}
              </span>
            ) : (
              <Term {...part} key={n} />
            ),
          )}
        </div>
      ))}
      <InWords at={at} t={t} />
      <Sums />
    </section>
  );
}

/** How each gate came about: its largest products, all others, the bias. */
function Sums() {
  const found = worked.value;
  const shown = found && found.step === step.value && found.unit === unit.value && found.cell === cell.value!.name;
  if (!shown) return null;
  const current = found.gates.find(({ name }) => name === gate.value) ?? found.gates[0];
  const word = trace.value!.steps[found.step].text;
  const nameOfTerm = ({ from, index }: WorkedSum["terms"][number]) =>
    from === "x" ? fromInput(index, word) : `unit ${index + 1}, its output before`;
  return (
    <>
      <h3>How the {gateName(current.name)} came about</h3>
      <SaveFigure
        of={`the sum of the ${gateName(current.name)}`}
        make={() => sumFigure(trace.value!, found, current, nameOfTerm, origin())}
      />
      {clamp.value && <p class="quiet">These sums are of the model as it is, without the gate that is held.</p>}
      <fieldset class="tabs">
        <legend class="unseen">Gate of the sum</legend>
        {found.gates.map(({ name }) => (
          <button
            type="button"
            key={name}
            aria-pressed={name === current.name}
            onClick={() => {
              gate.value = name;
            }}
          >
            {gateName(name)}
          </button>
        ))}
      </fieldset>
      <p>
        Of the sum of {number(current.sum)} {readThere(word)} gives <b>{number(current.fromInput)}</b>, what the units
        remembered before <b>{number(current.fromBefore)}</b>, the bias <b>{number(current.bias)}</b>.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Terms of the sum">
        <table class="sum">
          <thead>
            <tr>
              <th scope="col">from</th>
              <th scope="col">value</th>
              <th scope="col">× weight</th>
              <th scope="col">= product</th>
            </tr>
          </thead>
          <tbody>
            {current.terms.map((term) => (
              <tr key={`${term.from}${term.index}`}>
                <th scope="row">{nameOfTerm(term)}</th>
                <td>{number(term.value)}</td>
                <td>{number(term.weight)}</td>
                <td>{number(term.product)}</td>
              </tr>
            ))}
            {current.othersCount > 0 && (
              <tr>
                <th scope="row">all {current.othersCount} others together</th>
                <td />
                <td />
                <td>{number(current.others)}</td>
              </tr>
            )}
            <tr>
              <th scope="row">bias</th>
              <td />
              <td />
              <td>{number(current.bias)}</td>
            </tr>
            <tr class="total">
              <th scope="row">sum</th>
              <td />
              <td />
              <td>{number(current.sum)}</td>
            </tr>
            <tr class="total">
              <th scope="row">
                {gateName(current.name)} = {current.activation}(sum)
              </th>
              <td />
              <td />
              <td>{number(current.value)}</td>
            </tr>
          </tbody>
        </table>
      </section>
      <details class="behind">
        <summary>The whole step as text and LaTeX</summary>
        <pre>{found.text}</pre>
        <pre>{found.latex}</pre>
      </details>
    </>
  );
}

/** What the cell reads at a step, as a whole. */
const readThere = (word: string): string => (cellIndex.value > 0 ? "the layer below" : `“${word}” itself`);

/** A number that the cell reads: of a word's vector, of the input itself, or of the layer below. */
function fromInput(index: number, word: string): string {
  const { input: kind, features } = about.value!;
  if (cellIndex.value > 0) return `number ${index + 1} from the layer below`;
  if (kind !== "numbers") return `“${word}”, number ${index + 1} of its vector`;
  return features === 1 ? "the number read, scaled" : `number ${index + 1} of the step`;
}

const number = (v: number): string => (v < 0 ? `−${Math.abs(v).toFixed(3)}` : v.toFixed(3));

/** What the formula comes to. */
function InWords({ at, t }: { at: At; t: number }) {
  const { kind, values } = cell.value!;
  if (kind === "lstm" && values.f)
    return (
      <p>
        {number(at("f") * at("c", t - 1))} was kept of {number(at("c", t - 1))}, and {number(at("i") * at("g"))} was
        written.
      </p>
    );
  if (kind === "gru" && values.r)
    return <p>The reset gate r = {number(at("r"))} decided how much of the memory the candidate saw.</p>;
  return null;
}

function Term({ name, symbol, value, gate = false, strong = false }: FormulaTerm) {
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
