import { useState } from "preact/hooks";
import { kerasCode } from "../code/keras.ts";
import { kerasRace, type RaceShown, typescriptRace } from "../code/race.ts";
import type { Shown } from "../code/shown.ts";
import { typescriptCode } from "../code/typescript.ts";
import { kerasUnits, typescriptUnits, type UnitsShown } from "../code/units.ts";
import { kerasWrite, typescriptWrite, type WriteShown } from "../code/write.ts";
import { attention, gradients, parts } from "../looks.ts";
import { about, cell, cellIndex, gate, step, trace, trainedWith, unit, worked } from "../state.ts";

const languages = ["TypeScript", "Keras"] as const;

interface PanelProps {
  /** Training steps so far, where a training is on screen. */
  readonly trained?: number;
  /** What else is on screen in place of an input that is read. */
  readonly race?: RaceShown;
  readonly units?: UnitsShown;
  readonly write?: WriteShown;
}

/** The code of what is on screen in a language. */
function codeOf(language: number, { trained = 0, race, units, write }: PanelProps): string {
  const now = shown(trained);
  if (race) return language === 0 ? typescriptRace(race) : kerasRace(race);
  if (units) return language === 0 ? typescriptUnits(now, units) : kerasUnits(now, units);
  if (write) return language === 0 ? typescriptWrite(now, write) : kerasWrite(now, write);
  return language === 0 ? typescriptCode(now) : kerasCode(now);
}

/** The code of what is on screen, in TypeScript and in Keras, to copy. It is made when the panel is open. */
export function CodePanel(props: PanelProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="code" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The code of what is shown</summary>
      {open && <Code {...props} />}
    </details>
  );
}

function Code(props: PanelProps) {
  const [language, choose] = useState(0);
  const [said, say] = useState("");
  const code = codeOf(language, props);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      say("Copied.");
    } catch {
      say("The browser does not let this page copy: select the code and press Ctrl+C.");
    }
  };
  return (
    <>
      <fieldset class="tabs">
        <legend class="unseen">Language of the code</legend>
        {languages.map((name, k) => (
          <button
            type="button"
            key={name}
            aria-pressed={k === language}
            onClick={() => {
              choose(k);
              say("");
            }}
          >
            {name}
          </button>
        ))}
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span role="status">{said}</span>
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label={`The code in ${languages[language]}`}>
        <pre dir="ltr">{code}</pre>
      </section>
    </>
  );
}

function shown(trained: number): Shown {
  const [traced, now, settings] = [trace.value, cell.value, trainedWith.value];
  const sums = worked.value !== null && worked.value.cell === now?.name;
  return {
    about: about.value,
    training: settings && { settings, steps: traced?.trainedSteps ?? trained },
    read:
      traced && now
        ? {
            ...{ traced, cell: now, cellIndex: cellIndex.value, gate: gate.value, sums },
            ...{ step: step.value, unit: unit.value },
            looks: {
              parts: parts.open.value,
              gradients: gradients.open.value,
              attention: attention.found.value !== null,
            },
          }
        : null,
  };
}
