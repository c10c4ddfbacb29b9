import { display, type Forms } from "../tensor/in-notebook.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { plotHistory } from "./history.ts";
import { historyChart } from "./history-chart.ts";
import type { HistoryValues } from "./history-panels.ts";
import { escapeXml } from "./svg-document.ts";

/** A result that shows itself in a notebook, and is text elsewhere. */
export interface Figure {
  /** By media type (`image/svg+xml`, `text/html`, `text/plain`): a notebook takes the richest form that it knows. */
  readonly forms: Readonly<Record<string, string>>;
  /** Its plain text. */
  toString(): string;
}

/**
 * A result as the last line of a notebook's cell shows it (Deno's kernel of Jupyter, by `Symbol.for("Jupyter.display")`): the curves
 * of a history of `fit`, a table of an array (predictions; its first 20 rows and 12 columns), which show themselves so without it, or a plot,
 * given as the text of an SVG file. Throws DataError for anything else.
 *
 *   String(await figure([[0.25, 0.75]])); // "NdArray f32 [1, 2]: 0.25, 0.75"
 */
export async function figure(result: { readonly history: HistoryValues } | ArrayLike | string): Promise<Figure> {
  const forms = await formsOf(result);
  return { forms, toString: () => forms["text/plain"], [display]: () => forms } as Figure;
}

/** A result by media type; histories and arrays show themselves by it in a notebook. */
export async function formsOf(result: { readonly history: HistoryValues } | ArrayLike | string): Promise<Forms> {
  if (typeof result === "string") return { "image/svg+xml": result, "text/plain": "a figure" };
  if (!("history" in result)) return arrayForms(result);
  const { history } = result;
  if (!Object.values(history).some((values) => values.length > 0)) return { "text/plain": "a history of no epochs" };
  const curves = await plotHistory(history, { title: null });
  return { "image/svg+xml": curves, "text/plain": historyChart(history, { columns: 80 }) };
}

const most = { rows: 20, columns: 12 };

function arrayForms(given: ArrayLike): Record<string, string> {
  const array = asNdArray(given, { who: "figure" });
  const { shape, rank } = array;
  const words = String(array);
  if (rank < 1 || rank > 2 || array.size === 0) return { "text/plain": words };
  const [rows, columns] = [shape[0], shape[1] ?? 1];
  const number = (r: number, c: number) => String(Number(array.data[r * columns + c].toPrecision(6)));
  const shownColumns = Array.from({ length: Math.min(columns, most.columns) }, (_, c) => c);
  const row = (r: number) => `<tr><th>${r}</th>${shownColumns.map((c) => `<td>${number(r, c)}</td>`).join("")}</tr>`;
  const body = Array.from({ length: Math.min(rows, most.rows) }, (_, r) => row(r)).join("");
  const head = rank === 2 ? `<tr><th></th>${shownColumns.map((c) => `<th>${c}</th>`).join("")}</tr>` : "";
  const caption = `<p>${escapeXml(words.split(":")[0])}</p>`;
  return { "text/html": `<table>${head}${body}</table>${caption}`, "text/plain": words };
}
