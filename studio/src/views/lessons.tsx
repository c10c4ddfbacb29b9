import { lessons } from "../lessons/catalog.ts";
import type { Lesson } from "../lessons/lesson.ts";
import { lessonIds } from "../lessons/lesson-ids.ts";
import { askFor, place } from "../lessons/lesson-place.ts";
import { leaveLesson, lesson, reveal, verdict, working } from "../lessons/state.ts";
import { CellDiagram } from "../parts/cell-diagram.tsx";
import { Equations } from "../parts/equations.tsx";
import { about, busy, cell, notes, problem, remember, show, step, trace, unit, worked } from "../state.ts";
import { LessonResult } from "./lesson-results.tsx";
import { MakeLesson } from "./make-lesson.tsx";

/** The lessons: a story, a question, the student's prediction, and then what a real network does. */
export function Lessons() {
  return place.value && lesson.value ? <OneLesson lesson={lesson.value} /> : <List />;
}

function List() {
  return (
    <div class="lessons">
      <h1>Lessons</h1>
      <p class="lead">
        Each tells a story of the class, asks a question, and shows what a trained network really does once you have
        said what you expect.
      </p>
      <ul class="cards">
        {lessonIds.map((id) => (
          <li key={id}>
            <button type="button" class="card" onClick={() => askFor({ lesson: { id }, answer: null, shown: false })}>
              <strong>{lessons[id].title}</strong>
              <span>{lessons[id].question}</span>
            </button>
          </li>
        ))}
      </ul>
      <MakeLesson />
    </div>
  );
}

function OneLesson({ lesson: now }: { lesson: Lesson }) {
  const { title, story, question, input } = now;
  const shown = verdict.value !== null;
  return (
    <article class="lesson">
      <button type="button" class="plain" onClick={leaveLesson}>
        ← All lessons
      </button>
      <h1>{title}</h1>
      {story && <p class="lead">{story}</p>}
      <p class="question">{question}</p>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {busy.value && <p>{busy.value}</p>}
      {trace.value && !shown && input && now.task.kind !== "step" && now.task.kind !== "choice" && <Input />}
      {trace.value && <Prediction lesson={now} disabled={shown || working.value !== ""} />}
      {!shown && (
        <button
          type="button"
          class="reveal"
          disabled={place.value?.answer == null || working.value !== "" || !trace.value}
          onClick={() => void revealed()}
        >
          Show what the network does
        </button>
      )}
      <p role="status" class={verdict.value ? (verdict.value.right ? "verdict right" : "verdict") : ""}>
        {verdict.value?.words ?? working.value}
      </p>
      {(shown || working.value !== "") && <LessonResult lesson={now} answer={place.value?.answer ?? 0} />}
      {trace.value && cell.value?.kind === "lstm" && <InTheCell lesson={now} shown={shown} />}
      {shown && now.lesson && <p class="lead">{now.lesson}</p>}
      {shown && (
        <div class="row">
          <button type="button" onClick={() => show(now.task.kind === "temperature" ? "write" : "read")}>
            {now.task.kind === "temperature" ? "Write with this network" : "See every step in Read"}
          </button>
          <button type="button" class="plain" onClick={again}>
            Ask again
          </button>
          {now.page && <span class="quiet">The class programs on this: docs/{now.page}</span>}
        </div>
      )}
    </article>
  );
}

async function revealed(): Promise<void> {
  await reveal();
  remember();
}

function again(): void {
  askFor({ ...place.value!, answer: null, shown: false });
}

function answer(value: number): void {
  place.value = { ...place.value!, answer: value };
  notes.value = [];
  remember();
}

const Input = () => (
  <p class="read-aloud">
    The network reads: “<bdi>{trace.value!.input}</bdi>”
  </p>
);

/** The student says what they expect: a word, a number of percent, or one of several answers. */
function Prediction({ lesson: { task }, disabled }: { lesson: Lesson; disabled: boolean }) {
  const chosen = place.value?.answer ?? null;
  if (task.kind === "step")
    return (
      <fieldset class="tabs words-to-choose" disabled={disabled}>
        <legend>Your prediction: choose a {about.value?.input === "words" ? "word" : "step"}</legend>
        {trace.value!.steps.map(({ text }, t) => (
          <button type="button" key={t} aria-pressed={chosen === t + 1} onClick={() => answer(t + 1)}>
            <bdi>{text}</bdi>
          </button>
        ))}
      </fieldset>
    );
  if (task.kind === "choice")
    return (
      <fieldset class="choices" disabled={disabled}>
        <legend>Your prediction</legend>
        {task.choices.map((choice, k) => (
          <label key={choice}>
            <input type="radio" name="choice" checked={chosen === k + 1} onChange={() => answer(k + 1)} /> {choice}
          </label>
        ))}
      </fieldset>
    );
  return (
    <fieldset class="choices" disabled={disabled}>
      <legend>Your prediction</legend>
      <label>
        <input
          type="range"
          min={0}
          max={100}
          value={chosen ?? 50}
          aria-label="Your prediction, in percent"
          aria-valuetext={chosen === null ? "none yet" : `${chosen} %`}
          onInput={(event) => answer(Number(event.currentTarget.value))}
        />{" "}
        <output>{chosen === null ? "move the slider" : `${chosen} %`}</output>
      </label>
    </fieldset>
  );
}

/** The cell as it is drawn in class, and its equations: letters before the result, then this step's numbers. */
function InTheCell({ lesson: { gate, step: named, task }, shown }: { lesson: Lesson; shown: boolean }) {
  const now = cell.value!;
  const last = trace.value!.steps.length - 1;
  const at = shown && step.value !== null ? step.value : Math.min(last, (named ?? trace.value!.steps.length) - 1);
  return (
    <section class="in-the-cell" aria-labelledby="cell-title">
      <h2 id="cell-title">The cell{shown && <SoWhere text={trace.value!.steps[at].text} unit={unit.value + 1} />}</h2>
      <div class="pair">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section class="diagram-box" tabIndex={0} aria-label="The cell's diagram">
          <CellDiagram cell={now} step={at} unit={unit.value} marked={gate} numbers={shown} />
        </section>
        <Equations
          cell={now}
          step={at}
          unit={unit.value}
          worked={shown ? worked.value : null}
          marked={gate}
          numbers={shown}
        />
      </div>
      {shown && task.kind === "held" && (
        <p class="quiet">
          The numbers are of the network as it is; held, {gate} is {task.value} in every unit at this step.
        </p>
      )}
    </section>
  );
}

const SoWhere = ({ text, unit }: { text: string; unit: number }) => (
  <>
    {" "}
    at “<bdi>{text}</bdi>”, unit {unit}
  </>
);
