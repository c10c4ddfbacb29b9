import { computed, signal } from "@preact/signals";
import type { About, Clamp, Replace, StudioTrace, Tell, Worked } from "../../src/studio/messages.ts";
import { ask } from "./client.ts";
import { askFor, place } from "./lessons/lesson-place.ts";
import { type Lab, type Link, labs, readLink, type View, writeLink } from "./link.ts";
import { pretrained } from "./pretrained.ts";
import { raceWanted } from "./race-settings.ts";
import { type TrainingSettings, trainingWanted } from "./training-settings.ts";

/** What the whole page shares. */
export const view = signal<View>("start");
export const lab = signal<Lab | null>(null);
export const about = signal<About | null>(null);
export const input = signal("");
export const trace = signal<StudioTrace | null>(null);
/** Which of the trace's cells is shown, from 0. */
export const cellIndex = signal(0);
/** The chosen step and unit, from 0; no step: none is chosen. */
export const step = signal<number | null>(null);
export const unit = signal(0);
/** The gate that the heatmap shows, by its name. */
export const gate = signal("f");
/** What the engine is doing, for those who wait. */
export const busy = signal("");
/** What went wrong, in words. */
export const problem = signal("");
export const notes = signal<readonly string[]>([]);
export const helpOpen = signal(false);

/** The gate that is held at a value, if one is. */
export const clamp = signal<Clamp | null>(null);
/** The step that is read as another one, if one is. */
export const replace = signal<Replace | null>(null);
/** The chosen step and unit, worked out. */
export const worked = signal<Worked | null>(null);

/** The training on this page that made the open model; null for a model that came trained. */
export const trainedWith = signal<TrainingSettings | null>(null);

export const cell = computed(() => trace.value?.cells[cellIndex.value] ?? null);

/** Gates of the shown cell in the order of the keys 1 to 4, then its states. */
export const gates = computed(() => {
  const values = cell.value?.values ?? {};
  const usual = ["f", "i", "g", "o", "z", "r", "c", "h"].filter((name) => name in values);
  return [...usual, ...Object.keys(values).filter((name) => !usual.includes(name))];
});

/** The units of the shown cell as the pictures have them, from top to bottom; null: by their numbers. */
export const unitOrder = signal<readonly number[] | null>(null);

const pause = 150; // ms without a key before a text is traced
let timer: ReturnType<typeof setTimeout> | undefined;

/** Takes what was typed, and traces it once the typing rests. */
export function type(text: string): void {
  input.value = text;
  clamp.value = null;
  replace.value = null;
  clearTimeout(timer);
  timer = setTimeout(() => void readInput(), pause);
}

/** Traces the input as it stands. */
export async function readInput(): Promise<void> {
  clearTimeout(timer);
  if (!about.value || about.value.refusal) return;
  const tell = await ask("trace", { input: input.value, clamp: clamp.value, replace: replace.value });
  if (!tell) return; // stale
  if (tell.tell === "failed") {
    problem.value = tell.problem;
    return;
  }
  if (tell.tell !== "traced") return;
  problem.value = "";
  const found = tell.trace;
  trace.value = found;
  if (cellIndex.value >= found.cells.length) cellIndex.value = found.cells.length - 1;
  if (step.value !== null) step.value = Math.min(step.value, found.steps.length - 1);
  if (unit.value >= found.cells[cellIndex.value].units) unit.value = 0;
  if (!gates.value.includes(gate.value)) gate.value = gates.value[0];
  remember();
  void workOut();
}

/** Asks for the sums of the chosen step and unit. */
async function workOut(): Promise<void> {
  const shown = cell.value;
  if (step.value === null || !shown || !trace.value) return;
  const place = { cell: shown.name, step: step.value, unit: unit.value };
  const tell = await ask("worked", { input: trace.value.input, replace: trace.value.replace, ...place });
  if (tell) worked.value = tell.tell === "worked" ? tell.worked : null; // other cells have none
}

/** Holds a gate of the chosen step and unit, or of all its units, at a value; null lets all gates go. */
export function hold(next: Clamp | null): void {
  clamp.value = next;
  void readInput();
}

/** Reads a step as another one; null reads the input as it is. */
export async function readInstead(next: Replace | null): Promise<void> {
  const before = replace.value;
  replace.value = next;
  await readInput();
  if (problem.value) replace.value = before; // a word that the model does not know
}

/** Opens a card's model, and shows it reading its example. */
export async function openLab(name: Lab, typed: string | null = null): Promise<boolean> {
  busy.value = "Opening the model …";
  try {
    return await openBytes(name, await pretrained(name), typed);
  } catch (error) {
    problem.value = `The model did not come: ${(error as Error).message}`;
    return false;
  } finally {
    busy.value = "";
  }
}

/** Opens a file of the reader's own, with its weights where they lie in another one. They stay in this page. */
export async function openFile(file: File, weights?: File): Promise<void> {
  busy.value = `Opening ${file.name} …`;
  const [bytes, beside] = [await bytesOf(file), weights && (await bytesOf(weights))];
  const opened = await openBytes(null, bytes, null, file.name, beside);
  busy.value = "";
  if (opened) show(about.value!.refusal ? "model" : "read");
}

export const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

async function openBytes(
  name: Lab | null,
  bytes: Uint8Array,
  typed: string | null,
  fileName = "",
  weights?: Uint8Array,
): Promise<boolean> {
  const tell = await ask("open", { name: fileName || `${name}.keras`, bytes, ...(weights ? { weights } : {}) });
  if (!tell) return false;
  if (tell.tell === "failed") {
    problem.value = tell.problem;
    return false;
  }
  takeOpened(tell, name);
  input.value = typed ?? about.value!.example;
  if (input.value !== "") await readInput();
  return true;
}

/** Forgets what was known of the model before. */
export function takeOpened(tell: Tell, name: Lab | null): void {
  if (tell.tell !== "opened") return;
  problem.value = "";
  about.value = tell.about;
  lab.value = name;
  trainedWith.value = null;
  trace.value = null;
  clamp.value = null;
  replace.value = null;
  unitOrder.value = null;
  worked.value = null;
  step.value = null;
  unit.value = 0;
  cellIndex.value = 0;
}

export function show(next: View): void {
  view.value = next;
  problem.value = "";
  remember();
}

/** Chooses a step and, where given, a unit; both stay within the trace. */
export function choose(nextStep: number, nextUnit = unit.value): void {
  if (!trace.value || !cell.value) return;
  step.value = Math.max(0, Math.min(trace.value.steps.length - 1, nextStep));
  unit.value = Math.max(0, Math.min(cell.value.units - 1, nextUnit));
  remember();
  void workOut();
}

/** What is done to the network, for a link. */
function whatIfNow() {
  const [held, read] = [clamp.value, replace.value];
  const place = held ? (trace.value?.cells.findIndex(({ name }) => name === held.cell) ?? -1) : -1;
  const count = (at: number | null) => (at === null ? null : at + 1);
  const hold = { ...held!, cell: place + 1, step: count(held?.step ?? null), unit: count(held?.unit ?? null) };
  return { ...(place < 0 ? {} : { hold }), ...(read ? { instead: { step: read.step + 1, by: read.by } } : {}) };
}

/** Does to the network what a link says; what it cannot do is said. */
async function doWhatIf({ hold, instead }: Link): Promise<void> {
  if (!hold && !instead) return;
  const name = hold && trace.value?.cells[hold.cell - 1]?.name;
  const at = (place: number | null) => (place === null ? null : place - 1);
  clamp.value = hold && name ? { ...hold, cell: name, step: at(hold.step), unit: at(hold.unit) } : null;
  replace.value = instead ? { step: instead.step - 1, by: instead.by } : null;
  await readInput();
  if (!problem.value && !(hold && !name)) return;
  notes.value = [...notes.value, `What the link holds or replaces is left out: the model has no such place or word.`];
  clamp.value = null;
  replace.value = null;
  await readInput();
}

const inNoLink = { lab: null, input: null, step: null, unit: null, cell: null }; // a lesson has its own

/** Puts what is on screen in the address. What was typed for a file of one's own stays out of it. */
export function remember(): void {
  const link = {
    view: view.value,
    lab: lab.value,
    input: lab.value !== null && input.value !== about.value?.example ? input.value : null,
    step: step.value === null ? null : step.value + 1,
    unit: step.value === null ? null : unit.value + 1,
    cell: cellIndex.value === 0 ? null : cellIndex.value + 1,
    ...(lab.value !== null && view.value !== "lessons" ? whatIfNow() : {}),
    ...(view.value === "race" ? { race: raceWanted.value } : {}),
    ...(view.value === "train" ? { training: trainingWanted.value } : {}),
    ...(view.value === "lessons" ? { ...inNoLink, lesson: place.value } : {}),
  };
  history.replaceState(null, "", writeLink(link));
}

/** Does what the address says. */
export async function followLink(): Promise<void> {
  const { link, notes: said } = readLink(location.hash);
  notes.value = said;
  if (link.race) raceWanted.value = link.race;
  if (link.training) trainingWanted.value = link.training;
  if (link.view === "lessons") {
    view.value = "lessons";
    askFor(link.lesson ?? null);
  } else if (link.lab && labs.includes(link.lab)) {
    view.value = link.view === "start" ? "read" : link.view;
    if (!(await openLab(link.lab, link.input))) return;
    const cells = trace.value?.cells ?? [];
    if (link.cell !== null) cellIndex.value = Math.min(cells.length, link.cell) - 1;
    if (link.step !== null) choose(link.step - 1, (link.unit ?? 1) - 1);
    const clamped = link.step !== null && step.value !== link.step - 1;
    if (clamped) notes.value = [...said, `The link's step ${link.step} is beyond the end; the last one is shown.`];
    await doWhatIf(link);
  } else if (!(await openServed())) view.value = link.view;
}

/** The model that `cellstate studio MODEL` was given, where that serves this page. */
async function openServed(): Promise<boolean> {
  const named = document.getElementById("cellstate-model");
  if (!named || about.value) return false;
  const answer = await fetch(`model${location.search}`);
  await openFile(new File([await answer.arrayBuffer()], JSON.parse(named.textContent!)));
  return true;
}
