import type { RaceSettings } from "../../src/studio/messages.ts";
import { longestInput } from "../../src/studio/read-ask.ts";
import { type Lab, labs } from "./lab-names.ts";
import { type LessonPlace, lessonInLink, lessonParts, readLesson } from "./lessons/lesson-link.ts";
import { raceParts, readRace } from "./race-settings.ts";
import { readTraining, type TrainingSettings, trainingInLink, trainingParts } from "./training-settings.ts";
import {
  type HoldPlace,
  type InsteadPlace,
  readHold,
  readInstead,
  whatIfParts,
  writeHold,
  writeInstead,
} from "./what-if-link.ts";

/** What a link to the studio says, in the hash of its address. */
export interface Link {
  readonly view: View;
  /** The model of a card; none for a file of the reader's own, which no link carries. */
  readonly lab: Lab | null;
  readonly input: string | null;
  /** From 1, as people count; null: none is chosen. */
  readonly step: number | null;
  readonly unit: number | null;
  readonly cell: number | null;
  /** What is done to the model of a card. */
  readonly hold?: HoldPlace;
  readonly instead?: InsteadPlace;
  /** The settings of a race, where that is the view. */
  readonly race?: RaceSettings;
  /** The settings of a training, where that is the view. */
  readonly training?: TrainingSettings;
  /** The lesson and where its student is, where that is the view; null: the list of lessons. */
  readonly lesson?: LessonPlace | null;
}

export const views = ["start", "read", "model", "train", "race", "write", "units", "lessons"] as const;
export type View = (typeof views)[number];
export { type Lab, labs };

const version = "1";
const mostNotes = 5; // on unknown parts: a link of thousands would fill the page
const known = [
  "v",
  "view",
  "lab",
  "input",
  "step",
  "unit",
  "cell",
  ...whatIfParts,
  ...raceParts,
  ...trainingParts,
  ...lessonParts,
];

/** A link as the hash of an address. */
export function writeLink(link: Link): string {
  const parts = new URLSearchParams({ v: version, view: link.view });
  for (const name of ["lab", "input", "step", "unit", "cell"] as const)
    if (link[name] !== null) parts.set(name, String(link[name]));
  if (link.hold) parts.set("hold", writeHold(link.hold));
  if (link.instead) parts.set("instead", writeInstead(link.instead));
  for (const [name, value] of Object.entries(link.race ?? {})) parts.set(name, String(value));
  for (const [name, value] of Object.entries(link.training ? trainingInLink(link.training) : {}))
    parts.set(name, value);
  for (const [name, value] of Object.entries(link.lesson ? lessonInLink(link.lesson) : {})) parts.set(name, value);
  return `#${parts}`;
}

/** A lesson's link. */
export const linkOf = (lesson: LessonPlace): string =>
  writeLink({ view: "lessons", lab: null, input: null, step: null, unit: null, cell: null, lesson });

/** The link in an address, from whoever wrote it: what is unknown or out of bounds is left out, and said. */
export function readLink(hash: string): { link: Link; notes: string[] } {
  const notes: string[] = [];
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const say = (name: string, expected: string) =>
    void notes.push(
      `The link's ${name} is left out: expected ${expected}, received ${JSON.stringify((parts.get(name) ?? "").slice(0, 40))}.`,
    );
  const named = <T extends string>(name: string, all: readonly T[]): T | null => {
    const value = parts.get(name);
    if (value === null) return null;
    if ((all as readonly string[]).includes(value)) return value as T;
    say(name, `one of ${all.join(", ")}`);
    return null;
  };
  const count = (name: string): number | null => {
    const value = parts.get(name);
    if (value === null) return null;
    if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
    say(name, "a whole number from 1");
    return null;
  };
  const unknown = [...new Set(parts.keys())].filter((name) => !known.includes(name));
  for (const name of unknown.slice(0, mostNotes))
    notes.push(`The link has an unknown part ${JSON.stringify(name.slice(0, 40))}, which is left out.`);
  if (unknown.length > mostNotes) notes.push(`So are ${unknown.length - mostNotes} other unknown parts.`);
  if (parts.size > 0 && parts.get("v") !== version && hash.length > 1) say("v", version);
  const lab = named("lab", labs);
  const input = parts.get("input");
  if (input !== null && input.length > longestInput) say("input", `a text of at most ${longestInput} characters`);
  const link: Link = {
    view: named("view", views) ?? "start",
    lab,
    input: input !== null && input.length <= longestInput ? input : null,
    step: count("step"),
    unit: count("unit"),
    cell: count("cell"),
  };
  if (link.view === "race") return { link: { ...link, race: readRace(parts, say) }, notes };
  if (link.view === "lessons") {
    const bare = { ...link, lab: null, input: null, step: null, unit: null, cell: null }; // a lesson has its own
    return { link: { ...bare, lesson: readLesson(parts, say) }, notes: [...new Set(notes)] };
  }
  if (link.view === "train") return { link: { ...link, training: readTraining(parts, say) }, notes };
  if (lab === null) return { link: { ...link, view: "start" }, notes };
  return { link: { ...link, ...whatIf(parts, say) }, notes };
}

/** What the link does to the network. */
function whatIf(parts: URLSearchParams, say: (name: string, expected: string) => void): Pick<Link, "hold" | "instead"> {
  const [held, read] = whatIfParts.map((name) => parts.get(name));
  const hold = held === null ? null : readHold(held);
  const instead = read === null ? null : readInstead(read);
  if (held !== null && !hold) say("hold", "a cell, gate, step, unit and value such as 1.f.4.all.0.95");
  if (read !== null && !instead) say("instead", "a step and what is read there, such as 4.good");
  return { ...(hold ? { hold } : {}), ...(instead ? { instead } : {}) };
}
