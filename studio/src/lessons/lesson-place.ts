import { signal } from "@preact/signals";
import type { LessonPlace } from "./lesson-link.ts";

/** The lesson on screen and where its student is; null: the list of lessons. Links carry it. */
export const place = signal<LessonPlace | null>(null);

/** Counts the lessons that were asked for: each is opened at its question, once the lessons are loaded. */
export const asked = signal(0);

/** Shows a lesson, or with null the list of lessons. */
export function askFor(next: LessonPlace | null): void {
  place.value = next;
  asked.value++;
}
