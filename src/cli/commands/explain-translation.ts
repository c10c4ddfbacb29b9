import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import { plotHeatmap } from "../../plot/index.ts";
import type { Translation, Translator } from "../../translate/index.ts";
import { readTables, textsOf } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { writeChart } from "../screen/write-result.ts";
import { type ExplainOptions, within } from "./explain-sample.ts";

/** One translation: for each piece the pieces of the text that it was written from, by their attention weights. */
export async function explainTranslation(
  task: Translator,
  given: readonly string[],
  o: ExplainOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  for (const name of ["layer", "step", "unit", "baseline", "html", "group", "columns", "at"]) {
    if (self.getOptionValueSource(name) !== "cli") continue;
    throw new DataError(problem(`--${name}`, "a model that answers in one go", "a translator", "Leave it out."));
  }
  const [found] = await task.translate([await textOf(given, o)]);
  if (o.chart && found.pieces.length === 0) notes(o, screen)(`no piece was written: ${o.chart} is not drawn`);
  else if (o.chart) await writeChart(o.chart, await attentionChart(found));
  if (o.json) return screen.out(`${JSON.stringify(found)}\n`);
  screen.out(`${found.text}\n`);
  if (!o.quiet) screen.out(attentionTable(found));
}

async function textOf(given: readonly string[], o: ExplainOptions): Promise<string> {
  if (given.length > 1 || (given.length === 1 && o.file))
    throw new DataError(problem("explain", "one text", "more than one", "Put the text in quotes, or give --file."));
  if (given.length === 1) return given[0];
  if (!o.file) throw new DataError(problem("explain", "a text, or --file", "none"));
  const texts = textsOf(await readTables([o.file], o), o.text);
  return texts[within((o.row ?? 1) - 1, texts.length)];
}

/** A row for each piece of the translation, a column for each piece read; darker is a larger weight. */
function attentionChart({ attention, pieces, sourcePieces }: Translation): Promise<string> {
  return plotHeatmap(
    attention.map((row) => [...row]),
    { rowLabels: [...pieces], columnLabels: [...sourcePieces], xLabel: "read", yLabel: "written", range: [0, 1] },
  );
}

const shownPieces = 3; // of each row, the largest weights

function attentionTable({ attention, pieces, sourcePieces }: Translation): string {
  const width = Math.max(7, ...pieces.map((piece) => piece.length));
  const rows = pieces.map((piece, k) => {
    const ranked = [...attention[k].entries()].sort(([, a], [, b]) => b - a).slice(0, shownPieces);
    const looks = ranked.map(([at, weight]) => `${sourcePieces[at]} ${(100 * weight).toFixed(0)} %`);
    return `  ${piece.padEnd(width)}  ${looks.join("  ")}\n`;
  });
  return `  ${"written".padEnd(width)}  read, by attention\n${rows.join("")}`;
}
