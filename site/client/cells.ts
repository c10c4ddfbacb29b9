/** The cells of a page: each program can be edited, run, stopped, put back and passed on. */
import type { Cell } from "./cell.ts";
import { editor } from "./editor.ts";
import { element } from "./element.ts";
import { filesPanel } from "./files.ts";
import { handInForm } from "./hand-in.ts";
import { linked, linkTo } from "./link.ts";
import { output } from "./output.ts";
import { runCell } from "./run-cell.ts";
import { type Run, warmUp } from "./runner.ts";

const cells: Cell[] = [];

/** What the reader wrote in a cell before, in this browser; `code`: to keep it, or with null to forget it. */
function draft(number: number, code?: string | null): string | null {
  const key = `cellstate-draft ${location.pathname} ${number}`;
  try {
    if (code === null) localStorage.removeItem(key);
    else if (code !== undefined) localStorage.setItem(key, code);
    return localStorage.getItem(key);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function prepare(section: HTMLElement): void {
  const number = Number(section.dataset.cell);
  const block = section.querySelector<HTMLPreElement>("pre.ts")!;
  const label = section.querySelector(".cell-name")?.textContent ?? `Program ${number}`;
  const original = block.textContent ?? "";
  const button = (words: string) => element("button", { type: "button" }, words);
  const [start, stop, reset, share] = [button("Run"), button("Stop"), button("Reset"), button("Copy link")];
  const changed = () => {
    reset.hidden = text.code === original;
    draft(number, text.code === original ? null : text.code);
  };
  const text = editor(block, label, changed);
  const out = output(label);
  const cell: Cell = {
    number,
    continues: Number(section.dataset.continues),
    label,
    original,
    editor: text,
    output: out,
    seconds: null,
  };
  cells.push(cell);
  text.code = draft(number) ?? original;
  changed();
  start.className = "run";
  stop.hidden = true;
  section.querySelector(".cell-bar")!.append(element("div", { class: "cell-buttons" }, start, stop, reset, share));
  section.querySelector(".editor")!.after(out.place);
  runsBy(cell, start, stop);
  reset.addEventListener("click", () => {
    text.code = original;
    changed();
    out.clear();
    text.field.focus();
  });
  share.addEventListener("click", async () => {
    share.dataset.link = await linkTo(number, text.code);
    const copied = await navigator.clipboard.writeText(share.dataset.link).then(
      () => true,
      () => false,
    );
    const where = copied ? "is copied" : `: ${share.dataset.link}`;
    out.say(`A link to this page with your code ${where}. Who opens it sees the code; it runs when they press Run.`);
  });
}

/** Run, Stop, and Ctrl+Enter in the code. */
function runsBy(cell: Cell, start: HTMLButtonElement, stop: HTMLButtonElement): void {
  let running: Run | "begins" | null = null;
  const go = async () => {
    if (running) return;
    running = "begins";
    [start.hidden, stop.hidden] = [true, false];
    await runCell(cell, cells, (run) => {
      running = run;
    });
    running = null;
    [start.hidden, stop.hidden] = [false, true];
  };
  start.addEventListener("click", () => void go());
  stop.addEventListener("click", () => typeof running === "object" && running?.stop());
  const { field } = cell.editor;
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void go();
  });
  field.addEventListener("focus", () => warmUp(cell.editor.code), { once: true });
  start.addEventListener("pointerenter", () => warmUp(cell.editor.code), { once: true });
}

/** Code that a link brings: shown, said, and not run. */
async function openLink(): Promise<void> {
  const found = await linked(location.hash);
  const cell = found && cells.find(({ number }) => number === found.cell);
  if (!cell) {
    if (location.hash.startsWith("#cell=")) cells[0]?.output.say("The link's code is damaged, or of another page.");
    return;
  }
  cell.editor.code = found.code;
  cell.editor.field.dispatchEvent(new Event("input"));
  cell.output.say(
    "This code came with the link, not from Cellstate. Nothing has run: read it, then press Run. Reset brings the original back.",
  );
  cell.editor.field.closest(".cell")?.scrollIntoView();
}

for (const section of document.querySelectorAll<HTMLElement>(".cell")) prepare(section);
const lab = document.querySelector<HTMLElement>(".hand-in");
if (lab) {
  lab.before(filesPanel());
  handInForm(lab, cells);
}
await openLink();
addEventListener("hashchange", () => void openLink());
document.documentElement.dataset.cells = String(cells.length);
