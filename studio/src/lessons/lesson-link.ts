import { longestInput } from "../../../src/studio/read-ask.ts";
import { type Lab, labs } from "../lab-names.ts";
import { type LessonId, lessonIds } from "./lesson-ids.ts";
import { type Measure, measures, type Task } from "./lesson-task.ts";

/** A lesson as a link has it: one that comes with the page, or a teacher's own. */
export type LinkedLesson = { readonly id: LessonId } | { readonly id: "own"; readonly own: OwnLesson };

/** A teacher's lesson: a sentence, a question in words of their own, and what is measured. */
export interface OwnLesson {
  readonly lab: Lab;
  readonly input: string;
  readonly question: string;
  readonly task: Extract<Task, { kind: "step" | "percent" }>;
}

/** Where a student is in a lesson. */
export interface LessonPlace {
  readonly lesson: LinkedLesson;
  /** The prediction; null before it. */
  readonly answer: number | null;
  readonly shown: boolean;
}

export const lessonParts = ["lesson", "question", "measure", "find", "at", "answer", "shown"] as const;
/** Characters of a question at most. */
export const longestQuestion = 500;
const finds = ["most", "least", "value"] as const;

export function lessonInLink({ lesson, answer, shown }: LessonPlace): Record<string, string> {
  const place = { ...(answer === null ? {} : { answer: String(answer) }), ...(shown ? { shown: "1" } : {}) };
  if (lesson.id !== "own") return { lesson: lesson.id, ...place };
  const { lab, input, question, task } = lesson.own;
  const asked: Record<string, string> =
    task.kind === "step" ? { find: task.find } : { find: "value", at: String(task.at) };
  return { lesson: "own", lab, input, question, measure: task.measure, ...asked, ...place };
}

type Say = (name: string, expected: string) => void;

/** The lesson in a link's parts; null where there is none, or none that is sound: what is missing or wrong is told to `say`. */
export function readLesson(parts: URLSearchParams, say: Say): LessonPlace | null {
  const id = parts.get("lesson");
  if (id === null) return null;
  const answer = whole(parts, "answer", 0, 1_000_000, say);
  const shown = parts.get("shown");
  if (shown !== null && shown !== "1") say("shown", "1");
  const place = { answer, shown: shown === "1" && answer !== null };
  if (id === "own") {
    const own = readOwn(parts, say);
    return own && { lesson: { id, own }, ...place };
  }
  const known = lessonIds.find((name) => name === id);
  for (const name of ["question", "measure", "find", "at"])
    if (parts.has(name)) say(name, "none in a lesson that comes with the page");
  if (known) return { lesson: { id: known }, ...place };
  say("lesson", `one of ${lessonIds.join(", ")}, own`);
  return null;
}

/** A teacher's lesson; refused as a whole where a part of it is missing or wrong. */
function readOwn(parts: URLSearchParams, say: Say): OwnLesson | null {
  const named = <T extends string>(name: string, all: readonly T[]): T | null => {
    const found = all.find((one) => one === parts.get(name)) ?? null;
    if (!found) say(name, `one of ${all.join(", ")}`);
    return found;
  };
  const text = (name: string, most: number): string | null => {
    const value = (parts.get(name) ?? "").trim();
    if (value !== "" && value.length <= most) return value;
    say(name, `a text of 1 to ${most} characters`);
    return null;
  };
  const lab = named("lab", labs);
  const input = text("input", longestInput);
  const question = text("question", longestQuestion);
  const measure = named<Measure>("measure", measures);
  const find = named("find", finds);
  const at = find === "value" ? whole(parts, "at", 1, 1000, say) : 1;
  if (find !== "value" && parts.has("at")) say("at", "none, but for find=value");
  if (find === "value" && !parts.has("at")) say("at", "a step from 1");
  if (!lab || !input || !question || !measure || !find || at === null) return null;
  const task: OwnLesson["task"] = find === "value" ? { kind: "percent", measure, at } : { kind: "step", measure, find };
  return { lab, input, question, task };
}

function whole(parts: URLSearchParams, name: string, least: number, most: number, say: Say): number | null {
  const value = parts.get(name);
  if (value === null) return null;
  if (/^\d{1,7}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  say(name, `a whole number from ${least} to ${most}`);
  return null;
}
