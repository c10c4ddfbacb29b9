/** The forms that a notebook (Deno's kernel of Jupyter) shows of a history or an array that is the last line of a cell. */
import type { NdArray } from "../tensor/nd-array.ts";
import { plotHistory } from "./history.ts";
import { historyChart } from "./history-chart.ts";
import type { HistoryValues } from "./history-panels.ts";
import { escapeXml } from "./svg-document.ts";

/** Forms of one value by their media types; a notebook takes the richest that it knows. */
export type MediaBundle = Readonly<Record<string, string>>;

/** A history's curves; before the first epoch its words alone. */
export async function historyBundle({ history }: { readonly history: HistoryValues }): Promise<MediaBundle> {
  if (!Object.values(history).some((values) => values.length > 0)) return { "text/plain": "History of no epochs" };
  return {
    "image/svg+xml": await plotHistory(history, { title: null }),
    "text/plain": historyChart(history, { columns: 80 }),
  };
}

const most = { rows: 20, columns: 12 };

/** A table of an array of one or two axes, its first rows and columns; the words of one with more. */
export function arrayBundle(array: NdArray): MediaBundle {
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
