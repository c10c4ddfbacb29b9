/** Runs a cell, with the programs before it that it continues, and shows in it what comes. */
import type { Told } from "../shared/messages.ts";
import type { Cell } from "./cell.ts";
import { filesFor } from "./files.ts";
import { type Ending, mostSeconds, type Run, run } from "./runner.ts";

/** Begins a run; `begun` gets it, to be stopped by. */
export async function runCell(cell: Cell, cells: readonly Cell[], begun: (run: Run) => void): Promise<void> {
  const { output, editor } = cell;
  output.clear();
  editor.mark(null);
  output.say("Running.");
  const at = cells.indexOf(cell);
  const before = cells.slice(at - cell.continues, at).map((other) => `${other.editor.code}\n`);
  const linesBefore = before.join("").split("\n").length - 1;
  const code = before.join("") + editor.code;
  const start = performance.now();
  let failed = false;
  const hear = (told: Told) => {
    if (told.kind === "error") failed = true;
    if (told.kind === "done") cell.seconds = told.seconds;
    if (told.kind !== "error" || told.line === null) return output.show(told);
    const line = told.line - linesBefore;
    if (line > 0) editor.mark(line);
    output.show({ ...told, line: line > 0 ? line : null });
  };
  const running = run(code, await filesFor(code), hear);
  begun(running);
  const ending = await running.ended;
  output.say(endings[ending]((performance.now() - start) / 1000, failed));
}

const endings: Readonly<Record<Ending, (seconds: number, failed: boolean) => string>> = {
  done: (seconds, failed) => `${failed ? "Ended with an error" : "Done"} after ${seconds.toFixed(1)} s.`,
  stopped: (seconds) => `Stopped after ${seconds.toFixed(1)} s.`,
  late: () => `Stopped: a run ends after ${mostSeconds} s. Fewer epochs, rows or units are faster.`,
  unreachable: () => "The engine could not be fetched, and is not kept here from an earlier visit.",
};
