import { signal, useSignalEffect } from "@preact/signals";
import type { NextWord } from "../../../src/studio/messages.ts";
import { ask } from "../client.ts";
import { nextWordsFigure } from "../figures/of-next-words.ts";
import { origin } from "../origin.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { about, busy, openLab, problem } from "../state.ts";

const prompt = signal("what does the");
const temperature = signal(1);
const tree = signal<readonly NextWord[]>([]);
const unknown = signal<readonly string[]>([]);

const pause = 150; // ms without a key before words are asked for
let timer: ReturnType<typeof setTimeout> | undefined;

async function grow(): Promise<void> {
  const tell = await ask("write", { prompt: prompt.value, top: 8, depth: 2, temperature: temperature.value });
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "written") return;
  problem.value = "";
  tree.value = tell.tree;
  unknown.value = tell.unknown;
}

/** The next words with their probabilities, and those after them; a word that is clicked is written. */
export function Write() {
  const writes = about.value?.writes === true;
  useSignalEffect(() => {
    if (!about.value?.writes) return;
    void [prompt.value, temperature.value];
    clearTimeout(timer);
    timer = setTimeout(() => void grow(), pause);
  });
  if (!writes)
    return (
      <>
        <h1>Write</h1>
        <p>{about.value ? "The open model does not continue texts." : "No model is open."}</p>
        <button type="button" disabled={busy.value !== ""} onClick={() => void openLab("next-word")}>
          Open the next-word model
        </button>
      </>
    );
  return (
    <div class="write">
      <h1 class="small">The next word, by probability</h1>
      <div class="input">
        <label for="prompt">A beginning</label>
        <div class="row">
          <textarea
            id="prompt"
            rows={2}
            dir="auto"
            spellcheck={false}
            value={prompt.value}
            onInput={(event) => {
              prompt.value = event.currentTarget.value;
            }}
          />
          <button type="button" class="plain" onClick={undo}>
            Take back a word
          </button>
        </div>
      </div>
      <label class="chooser">
        Temperature{" "}
        <input
          type="range"
          min={0.1}
          max={3}
          step={0.1}
          value={temperature.value}
          onInput={(event) => {
            temperature.value = Number(event.currentTarget.value);
          }}
        />{" "}
        <output>{temperature.value.toFixed(1)}</output>
      </label>
      <p class="quiet">
        Probabilities are raised to the power of 1 / temperature: below 1 the likely words gain, above 1 the unlikely
        ones.
      </p>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {unknown.value.map((line) => (
        <p class="note" key={line}>
          {line}
        </p>
      ))}
      <ol class="tree">
        {tree.value.map(({ token, probability, next }) => (
          <li key={token}>
            <Word words={[token]} probability={probability} />
            {next && (
              <ol>
                {next.map((after) => (
                  <li key={after.token}>
                    <Word words={[token, after.token]} probability={after.probability} />
                  </li>
                ))}
              </ol>
            )}
          </li>
        ))}
      </ol>
      <SaveFigure
        of="the next words"
        make={() => nextWordsFigure(tree.value, prompt.value, temperature.value, origin())}
      />
      <CodePanel write={{ prompt: prompt.value, temperature: temperature.value }} />
    </div>
  );
}

const separator = () => (about.value?.input === "characters" ? "" : " ");

function Word({ words, probability }: { words: readonly string[]; probability: number }) {
  const write = () => {
    prompt.value = [prompt.value.trimEnd(), ...words].join(separator());
  };
  return (
    <button type="button" class="guess" onClick={write}>
      <bdi>{words.at(-1)}</bdi>
      <span class="track">
        <span style={{ width: `${probability * 100}%` }} />
      </span>
      <span class="number">{probability.toFixed(2)}</span>
    </button>
  );
}

function undo(): void {
  const text = prompt.value.trimEnd();
  prompt.value = separator() === "" ? text.slice(0, -1) : text.replace(/\s*\S+$/, "");
}
