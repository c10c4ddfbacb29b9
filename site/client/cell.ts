import type { Editor } from "./editor.ts";
import type { Output } from "./output.ts";

/** One program of a page, as its reader has it. */
export interface Cell {
  /** Among the page's programs, from 1. */
  readonly number: number;
  /** How many programs before it belong to it. */
  readonly continues: number;
  readonly label: string;
  readonly original: string;
  readonly editor: Editor;
  readonly output: Output;
  /** Of the last run; null before it. */
  seconds: number | null;
}
