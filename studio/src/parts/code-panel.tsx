import { useState } from "preact/hooks";
import { kerasCode } from "../code/keras.ts";
import type { Shown } from "../code/shown.ts";
import { typescriptCode } from "../code/typescript.ts";
import { about, cell, cellIndex, gate, step, trace, trainedWith, unit, worked } from "../state.ts";

const languages = [
  ["TypeScript", typescriptCode],
  ["Keras", kerasCode],
] as const;

/** The code of what is on screen, in TypeScript and in Keras, to copy. It is made when the panel is open. */
export function CodePanel({ trained = 0 }: { trained?: number }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="code" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The code of what is shown</summary>
      {open && <Code trained={trained} />}
    </details>
  );
}

function Code({ trained }: { trained: number }) {
  const [language, choose] = useState(0);
  const [said, say] = useState("");
  const code = languages[language][1](shown(trained));
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
        {languages.map(([name], k) => (
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
      <section class="scrolls" tabIndex={0} aria-label={`The code in ${languages[language][0]}`}>
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
          }
        : null,
  };
}
