import type { Lab } from "../lab-names.ts";
import type { Task } from "./lesson-task.ts";

/** A lesson: something to read, a question that is answered before the result is seen, and what to take along. Plain data. */
export interface Lesson {
  readonly title: string;
  /** What the class tells, in two or three sentences; empty for a teacher's own. */
  readonly story: string;
  readonly question: string;
  /** The trained model that is read, and what it reads. */
  readonly lab: Lab;
  readonly input: string;
  readonly task: Task;
  /** The gate that the diagram marks; none where the lesson is about no single one. */
  readonly gate: "f" | "i" | "o" | "c" | null;
  /** The step that the diagram shows, from 1, where the task names none. */
  readonly step: number | null;
  /** Said after the result. */
  readonly lesson: string;
  /** The page of the class programs that tells the same. */
  readonly page: string;
}

/** The student's prediction: a step or a choice from 1, or percent. */
export type Answer = number;

/** The prediction's bounds. */
export const answerBounds = (task: Task, steps: number): readonly [number, number] => {
  if (task.kind === "choice") return [1, task.choices.length];
  return task.kind === "step" ? [1, Math.max(1, steps)] : [0, 100];
};
