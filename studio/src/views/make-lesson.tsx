import { signal } from "@preact/signals";
import { type Lab, labs } from "../lab-names.ts";
import { longestQuestion, type OwnLesson } from "../lessons/lesson-link.ts";
import { askFor } from "../lessons/lesson-place.ts";
import { type Measure, measures } from "../lessons/lesson-task.ts";
import { measureNames } from "../lessons/measure.ts";
import { linkOf } from "../link.ts";

const lab = signal<Lab>("sentiment");
const sentence = signal("");
const question = signal("");
const measure = signal<Measure>("kept");
const find = signal<"most" | "least" | "value">("least");
const at = signal(1);
const said = signal("");

const labWords: Readonly<Record<Lab, string>> = {
  sentiment: "Sentiment of films",
  "next-word": "Next word: questions about LSTMs",
  airline: "Airline",
  adding: "Adding problem",
  dialogues: "Next word: dialogues",
};

/** The lesson as it stands; null while the sentence or the question is missing. */
function made(): OwnLesson | null {
  const [input, asked] = [sentence.value.trim(), question.value.trim()];
  if (input === "" || asked === "") return null;
  const task: OwnLesson["task"] =
    find.value === "value"
      ? { kind: "percent", measure: measure.value, at: at.value }
      : { kind: "step", measure: measure.value, find: find.value };
  return { lab: lab.value, input, question: asked, task };
}

/** A teacher's own lesson: a sentence and a question, as a link to hand out. */
export function MakeLesson() {
  const own = made();
  const link = own && new URL(linkOf({ lesson: { id: "own", own }, answer: null, shown: false }), location.href).href;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link!);
      said.value = "Copied.";
    } catch {
      said.value = "The browser does not let this page copy: select the link and press Ctrl+C.";
    }
  };
  const tryIt = () => {
    askFor({ lesson: { id: "own", own: own! }, answer: null, shown: false });
  };
  return (
    <section class="make" aria-labelledby="make-title">
      <h2 id="make-title">A lesson of your own</h2>
      <p class="quiet">
        For teachers: a sentence and a question of yours become a link. The answer is what the network does with your
        sentence; the link holds your words, and nothing is sent anywhere.
      </p>
      <div class="settings">
        <label>
          Network{" "}
          <select value={lab.value} onChange={(event) => (lab.value = event.currentTarget.value as Lab)}>
            {labs.map((name) => (
              <option key={name} value={name}>
                {labWords[name]}
              </option>
            ))}
          </select>
        </label>
        <label>
          What is measured{" "}
          <select value={measure.value} onChange={(event) => (measure.value = event.currentTarget.value as Measure)}>
            {measures.map((name) => (
              <option key={name} value={name}>
                {measureNames[name]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Asked for{" "}
          <select
            value={find.value}
            onChange={(event) => (find.value = event.currentTarget.value as "most" | "least" | "value")}
          >
            <option value="least">the step where it is least</option>
            <option value="most">the step where it is most</option>
            {measure.value !== "written" && <option value="value">how much it is at a step, in percent</option>}
          </select>
        </label>
        {find.value === "value" && (
          <label>
            at step{" "}
            <input
              type="number"
              min={1}
              max={1000}
              value={at.value}
              onChange={(event) => (at.value = Math.min(1000, Math.max(1, Number(event.currentTarget.value) || 1)))}
            />
          </label>
        )}
      </div>
      <div class="input">
        <label for="own-sentence">What it reads</label>
        <textarea
          id="own-sentence"
          rows={1}
          dir="auto"
          value={sentence.value}
          placeholder="the story was slow but the actors were wonderful"
          onInput={(event) => (sentence.value = event.currentTarget.value)}
        />
        <label for="own-question">Your question</label>
        <textarea
          id="own-question"
          rows={1}
          dir="auto"
          maxLength={longestQuestion}
          value={question.value}
          placeholder="At which word does the network forget the most?"
          onInput={(event) => (question.value = event.currentTarget.value)}
        />
      </div>
      {link && (
        <div class="row">
          <input class="link" readOnly value={link} aria-label="The link" onFocus={(e) => e.currentTarget.select()} />
          <button type="button" onClick={() => void copy()}>
            Copy the link
          </button>
          <button type="button" class="plain" onClick={tryIt}>
            Try it
          </button>
          <span role="status">{said.value}</span>
        </div>
      )}
    </section>
  );
}
