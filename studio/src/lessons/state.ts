import { computed, effect, signal, untracked } from "@preact/signals";
import { ask } from "../client.ts";
import { cell, choose, notes, openLab, problem, remember, trace } from "../state.ts";
import { lessons } from "./catalog.ts";
import { compareChoice, comparePercent, compareSteps, type Verdict } from "./compare.ts";
import { endExperiment, runExperiment } from "./experiments.ts";
import type { Lesson } from "./lesson.ts";
import type { OwnLesson } from "./lesson-link.ts";
import { asked, place } from "./lesson-place.ts";
import { extreme, measured, tellingUnit } from "./measure.ts";

/** The result of the lesson on screen, once it is revealed. */
export const verdict = signal<Verdict | null>(null);
/** What the page is doing before the result is there. */
export const working = signal("");
/** The trace of the network with a gate held, beside the one without. */
export const heldWords = signal<readonly (readonly [name: string, before: number, after: number])[]>([]);
/** The likeliest words at several temperatures. */
export const temperatures = signal<readonly { temperature: number; words: readonly (readonly [string, number])[] }[]>(
  [],
);

/** The lesson on screen. */
export const lesson = computed<Lesson | null>(() => {
  const linked = place.value?.lesson;
  if (!linked) return null;
  return linked.id === "own" ? ofTeacher(linked.own) : lessons[linked.id];
});

const gateOf = { kept: "f", written: "i", shown: "o", left: "f", moved: null } as const;

function ofTeacher({ lab, input, question, task }: OwnLesson): Lesson {
  const step = task.kind === "percent" ? task.at : null;
  const texts = { title: "A lesson of your teacher's", story: "", question, lesson: "", page: "" };
  return { ...texts, lab, input, task, step, gate: gateOf[task.measure] };
}

effect(() => {
  if (asked.value > 0) untracked(() => void openLesson());
});

/** Opens the lesson's model and has it read; the result stays hidden until it is asked for. What had to be clamped is said. */
async function openLesson(): Promise<void> {
  verdict.value = null;
  heldWords.value = [];
  temperatures.value = [];
  const now = lesson.value;
  if (!now || !(await openLab(now.lab, now.input)) || lesson.value !== now) return;
  remember();
  const steps = trace.value?.steps.length ?? 0;
  const { answer } = place.value!;
  const most = now.task.kind === "choice" ? now.task.choices.length : now.task.kind === "step" ? steps : 100;
  const say = (words: string) => {
    notes.value = [...notes.value, words];
  };
  if (answer !== null && (answer > most || (answer < 1 && most !== 100))) {
    say(`The link's answer ${answer} is beyond the ends; it is taken as ${most}.`);
    place.value = { ...place.value!, answer: most };
  }
  if (now.task.kind === "percent" && now.task.at > steps && steps > 0)
    say(`The link's step ${now.task.at} is beyond the end; the last one, ${steps}, is asked for.`);
  if (place.value!.shown) await reveal();
}

/** Back to the list; what runs for the lesson ends. */
export function leaveLesson(): void {
  if (working.value) endExperiment();
  place.value = null;
  verdict.value = null;
  remember();
}

const within = (step: number): number => Math.max(0, Math.min(trace.value!.steps.length - 1, step));

/** Shows what the network does, and compares it with the prediction. */
export async function reveal(): Promise<void> {
  const now = lesson.value;
  const answer = place.value?.answer ?? null;
  if (!now || answer === null || !trace.value || !cell.value) return;
  problem.value = "";
  const found = await resultOf(now, answer);
  if (!found || lesson.value !== now) return;
  const { verdict: result, step } = found;
  choose(within(step), tellingUnit(cell.value, within(step), now.gate));
  verdict.value = result;
  place.value = { ...place.value!, shown: true };
}

/** Experiments that train networks of their own, after which the lesson's is opened again. */
const opensOthers: readonly string[] = ["race", "overfitting"];

async function resultOf(now: Lesson, answer: number): Promise<{ verdict: Verdict; step: number } | null> {
  const { task } = now;
  const [traced, shown] = [trace.value!, cell.value!];
  const asked = (now.step ?? traced.steps.length) - 1;
  if (task.kind === "choice") {
    working.value = "The experiment runs …";
    const result = await runExperiment(task.experiment, (words) => {
      working.value = words;
    });
    working.value = "";
    if (!result || lesson.value !== now) return null;
    if (opensOthers.includes(task.experiment) && !(await openLab(now.lab, now.input))) return null;
    return { verdict: compareChoice(task.choices, result.choice, answer - 1, result.facts), step: asked };
  }
  if (task.kind === "held") return held(now, task, answer);
  if (task.kind === "temperature") return hot(now, task.temperature, answer);
  const values = measured(task.measure, traced, shown);
  if (!values) {
    problem.value = "This network has no such gate: choose another measure or another model.";
    return null;
  }
  if (task.kind === "step") {
    const verdict = compareSteps(traced, { values, measure: task.measure, find: task.find }, within(answer - 1));
    return { verdict, step: extreme(values, task.find) };
  }
  const at = within(task.at - 1);
  const truth = Number.isNaN(values[at]) ? 0 : values[at];
  return { verdict: comparePercent(truth, answer, `At “${traced.steps[at].text}” it`), step: at };
}

/** The outcome with a gate of all units held at one step. */
async function held(now: Lesson, { gate, at, value }: Extract<Lesson["task"], { kind: "held" }>, answer: number) {
  const before = outcome();
  const step = within(at - 1);
  const clamp = { cell: cell.value!.name, gate, step, unit: null, value };
  const tell = await ask("trace", { input: trace.value!.input, clamp, replace: null });
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "traced" || lesson.value !== now) return null;
  const after = new Map(outcome(tell.trace));
  const [name, first] = before[0];
  const least = [...after.values()].at(-1) ?? 0; // what is not among the likeliest has no more than the last of them
  heldWords.value = before.slice(0, 5).map(([word, p]) => [word, p, after.get(word) ?? least]);
  const facts = `The probability of “${name}”, ${Math.round(first * 100)} % before,`;
  return { verdict: comparePercent(after.get(name) ?? least, answer, facts), step };
}

/** The likeliest words, or classes, after the last step. */
function outcome(of = trace.value!): (readonly [string, number])[] {
  const { words, labels, values } = of.outputs;
  if (words) return words.at(-1)!.map(({ token, probability }) => [token, probability] as const);
  const last = values.length - labels.length;
  const pairs = labels.map((label, k) => [label, values[last + k]] as const);
  return [...pairs].sort((a, b) => b[1] - a[1]);
}

async function hot(now: Lesson, temperature: number, answer: number) {
  const rows: { temperature: number; words: (readonly [string, number])[] }[] = [];
  for (const one of [0.25, temperature, 1, 2]) {
    const tell = await ask("write", { prompt: now.input, top: 5, depth: 1, temperature: one });
    if (tell?.tell === "failed") problem.value = tell.problem;
    if (tell?.tell !== "written" || lesson.value !== now) return null;
    rows.push({ temperature: one, words: tell.tree.map(({ token, probability }) => [token, probability]) });
  }
  temperatures.value = rows;
  const [word, truth] = rows[1].words[0];
  const usual = rows[2].words[0][1];
  const facts = `“${word}” has ${Math.round(usual * 100)} % at temperature 1; at ${temperature} it`;
  return { verdict: comparePercent(truth, answer, facts), step: trace.value!.steps.length - 1 };
}
