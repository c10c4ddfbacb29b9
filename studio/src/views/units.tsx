import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { NearStep, UnitsSeen } from "../../../src/studio/messages.ts";
import { longestLine, mostLines } from "../../../src/studio/read-ask.ts";
import { ask } from "../client.ts";
import { blueOrange, cssColour, inkOn, limitFor, placeIn } from "../colours.ts";
import { cardLines } from "../corpus.ts";
import { featuresFigure, lineFigure, unitsFigure } from "../figures/of-units.ts";
import { gateName } from "../gates.ts";
import { origin } from "../origin.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { about, cell, lab, openLab, problem } from "../state.ts";

const lines = signal("");
/** The model that the lines were written for: another one has lines of its own. */
let linesFor: unknown = null;
const seen = signal<UnitsSeen | null>(null);
const chosen = signal({ unit: 0, line: 0 });
const looking = signal(false);

/** What the units of a layer follow, over a small corpus. */
export function Units() {
  const now = about.value;
  useEffect(() => {
    if (!now || linesFor === now) return;
    linesFor = now;
    seen.value = null;
    lines.value = cardLines(lab.value);
  }, [now]);
  if (!now || now.refusal || (now.input !== "words" && now.input !== "characters"))
    return (
      <>
        <h1>Units</h1>
        <p>
          {now
            ? "This model reads no text, so that there are no lines to compare its units over."
            : "No model is open."}{" "}
          The sentiment and the next-word model read text:
        </p>
        <div class="row">
          <button type="button" onClick={() => void openLab("sentiment")}>
            Open the sentiment model
          </button>
          <button type="button" onClick={() => void openLab("next-word")}>
            Open the next-word model
          </button>
        </div>
      </>
    );
  return (
    <div class="units">
      <h1 class="small">{now.name.replace(/\.keras$/, "")}: what its units follow</h1>
      <label class="corpus">
        Lines to read, at most {mostLines}; they stay in this page
        <textarea
          rows={6}
          value={lines.value}
          spellcheck={false}
          dir="auto"
          onInput={(event) => {
            lines.value = event.currentTarget.value;
          }}
        />
      </label>
      <div class="row">
        <button type="button" disabled={looking.value} onClick={() => void look()}>
          Look at the units
        </button>
        <span role="status">{looking.value ? "Reading the lines …" : seen.value ? summary(seen.value) : ""}</span>
      </div>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {seen.value && <Found seen={seen.value} />}
    </div>
  );
}

async function look(): Promise<void> {
  const all = lines.value.split("\n").filter((line) => line.trim() !== "");
  const texts = all.slice(0, mostLines).map((line) => line.slice(0, longestLine));
  problem.value = texts.length === 0 ? "Type some lines first." : "";
  if (texts.length === 0) return;
  looking.value = true;
  const tell = await ask("units", { texts, cell: cell.value?.name ?? null });
  looking.value = false;
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "units") return;
  seen.value = tell.units;
  asked.value = null;
  const best = [...tell.units.features].sort((a, b) => excess(b) - excess(a))[0];
  chosen.value = { unit: best.unit, line: lineOf(tell.units, best.unit) };
}

/** The line in which a unit's value changes most: there one sees at which words. */
function lineOf({ lines, size }: UnitsSeen, unit: number): number {
  const changes = lines.map(({ steps, values }) => {
    const own = steps.map((_, t) => values[t * size + unit]);
    return Math.max(...own) - Math.min(...own);
  });
  return changes.indexOf(Math.max(...changes));
}

type Feature = UnitsSeen["features"][number];
type Probe = NonNullable<UnitsSeen["probes"][number]["probe"]>;
const excess = ({ correlation, chance }: Feature): number => Math.abs(correlation) - chance;

const summary = ({ cell, size, steps, lines: read, unread }: UnitsSeen): string =>
  `${size} units of ${cell} over ${read.length} lines, ${steps} steps.${unread > 0 ? ` ${unread} ${unread === 1 ? "line was" : "lines were"} left out: the model knows no word there.` : ""}`;

function Found({ seen }: { seen: UnitsSeen }) {
  const { features, units, value } = seen;
  const gates = Object.keys(units[0].saturation);
  const strongest = (u: number) => Math.max(...Object.values(units[u].correlations).map(Math.abs));
  const order = units.map(({ unit }) => unit).sort((a, b) => strongest(b) - strongest(a));
  return (
    <>
      <h2>Does a unit follow …</h2>
      <ul>
        {features.map((feature) => (
          <li key={feature.name}>{said(feature, seen.size)}</li>
        ))}
      </ul>
      <p class="quiet">
        Chance: the largest correlation of any unit with the same numbers shuffled, in 100 shuffles; of a hundred
        features that mean nothing, one is “found” all the same. A correlation says that a unit moves together with
        something, not that the network uses it.
      </p>
      <SaveFigure of="the best units" make={() => featuresFigure(seen, origin())} />
      <Probes seen={seen} />
      <Groups seen={seen} />
      <OverALine seen={seen} />
      <h2>Every unit</h2>
      <p class="quiet">
        Correlations of the {gateName(value)}; how often a gate is closed (below 0.1) or open (above 0.9). The strongest
        units come first.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Every unit">
        <table>
          <thead>
            <tr>
              <th scope="col">unit</th>
              {features.map(({ name }) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
              {gates.map((gate) => (
                <th scope="col" key={gate}>
                  {gateName(gate)} closed / open
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.map((u) => (
              <tr key={u}>
                <th scope="row">
                  <button
                    type="button"
                    aria-pressed={chosen.value.unit === u}
                    onClick={() => {
                      chosen.value = { unit: u, line: lineOf(seen, u) };
                    }}
                  >
                    unit {u + 1}
                  </button>
                </th>
                {features.map(({ name }) => (
                  <td key={name}>{units[u].correlations[name].toFixed(2)}</td>
                ))}
                {gates.map((gate) => (
                  <td key={gate}>
                    {percent(units[u].saturation[gate].closed)} / {percent(units[u].saturation[gate].open)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <SaveFigure of="every unit" make={() => unitsFigure(seen, origin())} />
      <CodePanel units={{ seen }} />
    </>
  );
}

/** Whether a linear map of the outputs tells a label, beside random labels. */
function Probes({ seen: { probes } }: { seen: UnitsSeen }) {
  return (
    <>
      <h2>Does the whole layer know …</h2>
      <ul>
        {probes.map(({ label, probe, problem }) => (
          <li key={label}>{probe ? probeSaid(label, probe) : `${label}: it cannot be asked here. ${problem}`}</li>
        ))}
      </ul>
      <p class="quiet">
        A linear probe: a ridge regression from all outputs at a step to the label, on 70 % of the lines and tested on
        the others; beside it the same with a random label for each word (a control task). Only what goes beyond both
        the most frequent label and the control is knowledge.
      </p>
    </>
  );
}

function probeSaid(label: string, { accuracy, control, mostFrequent, tested }: Probe): string {
  const beyond = accuracy > Math.max(control, mostFrequent) + 2 * Math.sqrt(0.25 / tested); // two standard errors at most
  const numbers = `right at ${percent(accuracy)} of ${tested} steps; random labels ${percent(control)}, always the most frequent one ${percent(mostFrequent)}`;
  return beyond ? `${label}: yes (${numbers}).` : `${label}: nothing found (${numbers}).`;
}

/** Groups of units that are active together. */
function Groups({ seen: { factors, size } }: { seen: UnitsSeen }) {
  const { groups, explained } = factors;
  return (
    <>
      <h2>Units that act together</h2>
      <p class="quiet">
        {groups.length} factors of the outputs (non-negative matrix factorization), which explain {percent(explained)}{" "}
        of their squares. {explained < 0.5 && "That is little: there are no clear groups here."}
      </p>
      <ol>
        {groups.map(({ units, words }, k) => (
          <li key={k}>
            {units.length} of {size} units
            {units.length > 0 &&
              ` (${units
                .slice(0, 8)
                .map((u) => u + 1)
                .join(", ")}${units.length > 8 ? ", …" : ""})`}
            , most active at{" "}
            {words.map(({ text }, n) => (
              <span key={text}>
                {n > 0 && ", "}“<bdi>{text}</bdi>”
              </span>
            ))}
          </li>
        ))}
      </ol>
    </>
  );
}

const percent = (part: number): string => `${Math.round(part * 100)} %`;

function said({ name, unit, correlation, chance, found }: Feature, size: number): string {
  const numbers = `correlation ${correlation.toFixed(2)}, chance alone up to ${chance.toFixed(2)}`;
  if (correlation === 0) return `${name}: it never changes in these lines.`;
  return found
    ? `${name}: unit ${unit + 1} does (${numbers}).`
    : `${name}: nothing found. The best of ${size} units has ${numbers}.`;
}

/** The values of the chosen unit over one line, as colours behind its words. */
function OverALine({ seen }: { seen: UnitsSeen }) {
  const { unit, line } = chosen.value;
  const { text, steps, values } = seen.lines[line];
  const own = steps.map((_, t) => values[t * seen.size + unit]);
  const limit = limitFor(
    Float32Array.from(seen.lines.flatMap((l) => l.steps.map((_, t) => l.values[t * seen.size + unit]))),
  );
  return (
    <section aria-labelledby="over-title">
      <h2 id="over-title">
        Unit {unit + 1} over a line: its {gateName(seen.value)}
      </h2>
      <label class="chooser">
        Line{" "}
        <select
          value={line}
          onChange={(event) => {
            chosen.value = { unit, line: Number(event.currentTarget.value) };
          }}
        >
          {seen.lines.map((l, k) => (
            <option value={k} key={k}>
              {l.text.slice(0, 80)}
            </option>
          ))}
        </select>
      </label>
      <p class="coloured" dir="auto">
        {steps.map((step, t) => {
          const place = placeIn(own[t], limit);
          return (
            <button
              type="button"
              key={t}
              aria-pressed={asked.value?.line === line && asked.value.step === t}
              style={{ background: cssColour(blueOrange, place), color: inkOn(blueOrange, place) }}
              onClick={() => void findNear(line, t)}
            >
              <bdi>{step.text}</bdi> <small>{own[t].toFixed(2)}</small>
            </button>
          );
        })}
      </p>
      <p class="quiet">
        Blue below zero, orange above, from {-limit} to {limit}. Click a word: where else was the layer in such a state?
      </p>
      <Near seen={seen} />
      <SaveFigure of="the line" make={() => lineFigure(seen, line, origin())} />
      <p class="unseen" role="status">
        Unit {unit + 1} over “{text.slice(0, 80)}”: {own.map((v) => v.toFixed(2)).join(", ")}
      </p>
    </section>
  );
}

/** The step whose like is looked for, and the steps found. */
const asked = signal<{ line: number; step: number; found: readonly NearStep[] } | null>(null);

async function findNear(line: number, step: number): Promise<void> {
  const tell = await ask("nearest", { line, step });
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell === "near") asked.value = { line, step, found: tell.nearest };
}

/** The steps at which the layer was in the most similar states. */
function Near({ seen: { lines } }: { seen: UnitsSeen }) {
  const now = asked.value;
  if (!now || now.line >= lines.length) return null;
  const at = lines[now.line].steps[now.step];
  if (!at) return null;
  const close = now.found.filter(({ distance }) => distance < 0.5);
  return (
    <>
      <h3>
        The states most like that at “<bdi>{at.text}</bdi>” of line {now.line + 1}
      </h3>
      {close.length === 0 && <p class="quiet">Nothing found: no other state is near (cosine distance below 0.5).</p>}
      <ul class="near">
        {close.map(({ line, step, distance }) => (
          <li key={`${line} ${step}`}>
            {distance.toFixed(3)}{" "}
            {lines[line].steps.map(({ text }, t) => (
              <span key={t}>{t === step ? <b>{text}</b> : text} </span>
            ))}
          </li>
        ))}
      </ul>
      <p class="quiet">
        Cosine distance between the outputs of all units: 0 is the same direction, 1 has nothing in common.
      </p>
    </>
  );
}
