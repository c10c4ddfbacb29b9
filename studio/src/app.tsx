import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { mismatch } from "./client.ts";
import { openFiles } from "./drop.ts";
import { gateName } from "./gates.ts";
import { askFor } from "./lessons/lesson-place.ts";
import type { View } from "./link.ts";
import { labCard } from "./page-labs.ts";
import { raceKey, raceSpoken } from "./race.ts";
import { cell, choose, gate, gates, helpOpen, notes, show, step, trace, unit, unitOrder, view } from "./state.ts";
import { giveData } from "./training.ts";
import { trainingWanted } from "./training-settings.ts";
import { ModelView } from "./views/model.tsx";
import { Race } from "./views/race.tsx";
import { Read } from "./views/read.tsx";
import { Start } from "./views/start.tsx";
import { Train } from "./views/train.tsx";
import { Units } from "./views/units.tsx";
import { Write } from "./views/write.tsx";

const tabs: readonly (readonly [View, string])[] = [
  ["start", "Start"],
  ["read", "Read"],
  ["train", "Train"],
  ["race", "Race"],
  ["write", "Write"],
  ["units", "Units"],
  ["model", "Model"],
  ["lessons", "Lessons"],
];

/** Leads those who walk by keyboard, or hear the page, to a view's heading where what they pressed is gone. */
function useHeading() {
  const before = useRef(view.value);
  useLayoutEffect(() => {
    const heading = document.querySelector<HTMLElement>("main h1");
    const { activeElement } = document;
    const lost = activeElement === null || activeElement === document.body;
    if (before.current !== view.value && lost && heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
    before.current = view.value;
  }, [view.value]);
}

export function App() {
  useHeading();
  const drop = (event: DragEvent) => {
    event.preventDefault();
    const files = event.dataTransfer?.files;
    const [file] = files ?? [];
    if (file) void (files!.length === 1 && isData(file) ? takeData(file) : openFiles(files));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files are dropped anywhere; the Start page has a button for the same
    <div class="page" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <header>
        <span class="name">Cellstate studio</span>
        <nav aria-label="Views">
          {tabs.map(([name, label]) => (
            <button
              type="button"
              key={name}
              aria-current={view.value === name ? "page" : undefined}
              onClick={() => openTab(name)}
            >
              {label}
            </button>
          ))}
        </nav>
        <button
          type="button"
          class="plain"
          aria-haspopup="dialog"
          aria-label="Keys"
          onClick={() => {
            helpOpen.value = true;
          }}
        >
          ?
        </button>
      </header>
      <main>
        {mismatch.value && (
          <p class="note" role="alert">
            {mismatch.value}
          </p>
        )}
        {notes.value.map((note) => (
          <p class="note" key={note}>
            {note}
          </p>
        ))}
        {view.value === "start" && <Start />}
        {view.value === "read" && <Read />}
        {view.value === "train" && <Train />}
        {view.value === "race" && <Race />}
        {view.value === "write" && <Write />}
        {view.value === "units" && <Units />}
        {view.value === "model" && <ModelView />}
        {view.value === "lessons" && <LessonsLater />}
      </main>
      <p class="unseen" role="status">
        {spoken()}
      </p>
      {helpOpen.value && <Help />}
    </div>
  );
}

/** Whether a file that is dropped is a lab's data: the lab on screen waits for some. */
const isData = ({ name }: File): boolean =>
  view.value === "train" &&
  labCard(trainingWanted.value.lab).needs !== undefined &&
  /\.(txt|csv|tsv|jsonl|gz)$/i.test(name);

const takeData = async (file: File) => giveData(file.name, new Uint8Array(await file.arrayBuffer()));

/** The tab of the lessons leads to their list. */
function openTab(name: View): void {
  if (name === "lessons") askFor(null);
  show(name);
}

const lessonsView = signal<(() => JSX.Element) | null>(null);

/** The lessons are loaded when they are looked at. */
function LessonsLater() {
  const View = lessonsView.value;
  useEffect(() => {
    void import("./views/lessons.tsx").then(({ Lessons }) => {
      lessonsView.value = Lessons;
    });
  }, []);
  return View ? <View /> : <p role="status">Opening the lessons …</p>;
}

/** What the cursor is on, for those who hear the page. */
function spoken(): string {
  if (view.value === "race") return raceSpoken.value;
  const shown = cell.value;
  if (view.value !== "read" || !shown || step.value === null) return "";
  const value = shown.values[gate.value]?.[step.value * shown.units + unit.value];
  const { steps } = trace.value!;
  return `Step ${step.value + 1} of ${steps.length}: ${steps[step.value].text}. Unit ${unit.value + 1}, ${gateName(gate.value)} ${value?.toFixed(2)}.`;
}

/** Words of the page that a class may not have met. */
const terms = [
  ["gate", "numbers from 0 to 1, one a unit, by which something is multiplied: 0 lets nothing through, 1 all of it"],
  ["held", "a gate that you fix; “rows held out” are rows that a training does not see"],
  ["a link", "the address of this page: it has the input, the place and what you hold"],
  ["correlation", "from −1 to 1: how far two numbers rise and fall together; near 0, not at all"],
  [
    "linear probe",
    "a weighted sum of the outputs, fitted to tell a label (ridge regression); what it tells, the layer knows",
  ],
  ["control task", "the same with labels that mean nothing: what can be learned by heart"],
  ["factor", "units that are active together; the outputs are nearly a sum of few such groups"],
  ["integrated gradients", "the prediction, shared out among the steps; the shares add up to it, but for a small rest"],
  ["occlusion", "how far the prediction falls when a step is read as nothing"],
  ["loss to beat", "that of an answer that has learned nothing"],
] as const;

const keys = [
  ["← →", "the step before, the next step"],
  ["↑ ↓", "the unit above, below"],
  ["1 to 4", "which gate the colours show"],
  ["Home End", "the first, the last step"],
  ["Space", "begins a race, holds it, lets it go on"],
  [".", "one step of a race"],
  ["?", "these lists"],
  ["Esc", "closes it"],
];

function Help() {
  const close = () => {
    helpOpen.value = false;
  };
  return (
    <dialog
      ref={(element) => {
        if (element && !element.open) element.showModal();
      }}
      onClose={close}
      aria-labelledby="keys-title"
    >
      {/* first, so that the dialog opens at its top */}
      <button type="button" onClick={(event) => event.currentTarget.closest("dialog")!.close()}>
        Close
      </button>
      <h2 id="keys-title">Keys</h2>
      <dl>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">While you type, these keys do what they always do.</p>
      <h2>Words</h2>
      <dl class="terms">
        {terms.map(([term, meaning]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}

/** The studio's keys; none while something is typed. */
export function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog")) return;
  if (event.key === "?") helpOpen.value = true;
  else if (view.value === "race") {
    if (target.closest("button, summary") || !raceKey(event.key)) return;
  } else if (view.value !== "read" || !walk(event.key)) return;
  event.preventDefault();
}

/** The unit above or below the chosen one, as the picture has them. */
function unitBeside(way: 1 | -1): number {
  const { value: order } = unitOrder;
  if (!order) return unit.value + way;
  return order[Math.max(0, Math.min(order.length - 1, order.indexOf(unit.value) + way))];
}

/** Moves the cursor; says whether the key is one of those. */
function walk(key: string): boolean {
  const steps = trace.value?.steps.length ?? 0;
  if (steps === 0 || !cell.value) return false;
  const at = step.value ?? -1;
  const moves: Record<string, () => void> = {
    ArrowRight: () => choose(at + 1),
    ArrowLeft: () => choose(at < 0 ? steps - 1 : at - 1),
    ArrowDown: () => choose(Math.max(0, at), unitBeside(1)),
    ArrowUp: () => choose(Math.max(0, at), unitBeside(-1)),
    Home: () => choose(0),
    End: () => choose(steps - 1),
  };
  const number = /^[1-4]$/.test(key) ? gates.value[Number(key) - 1] : undefined;
  if (number) gate.value = number;
  else if (Object.hasOwn(moves, key)) moves[key]();
  else return false;
  return true;
}
