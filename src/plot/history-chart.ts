import { type HistoryPanel, type HistoryValues, historyPanels } from "./history-panels.ts";
import { paddedRange, rangeTexts } from "./ticks.ts";

export interface HistoryChartOptions {
  /** Width of the terminal; 80 by default, at least 40. */
  columns?: number;
  /** Whether to colour the curves with ANSI codes; without, train is solid and validation dashed all the same. */
  color?: boolean;
  /** Which metrics, and in which order; loss and accuracy by default, or the first two there are. */
  metrics?: readonly string[];
}

const height = 9; // rows of a panel's curves
const blue = "\x1b[34m";
const yellow = "\x1b[33m";

/**
 * The curves of a training drawn with braille dots for a terminal: panels side by side, or below each other where
 * the terminal is narrow.
 *
 *   console.log(historyChart(history.history, { columns: process.stdout.columns, color: process.stdout.isTTY }));
 */
export function historyChart(history: HistoryValues, options: HistoryChartOptions = {}): string {
  const { color = false, metrics } = options;
  const columns = Math.max(40, options.columns ?? 80);
  const panels = historyPanels(history, metrics);
  const shown = metrics === undefined ? panels.slice(0, 2) : panels;
  const perRow = columns >= 70 && shown.length > 1 ? 2 : 1;
  const width = Math.min(70, Math.floor((columns - 3 * (perRow - 1)) / perRow));
  const blocks = shown.map((panel) => drawPanel(panel, width, color));
  const rows: string[] = [];
  for (let i = 0; i < blocks.length; i += perRow) {
    const beside = blocks.slice(i, i + perRow);
    if (i > 0) rows.push("");
    const count = Math.max(...beside.map((block) => block.length));
    for (let y = 0; y < count; y++)
      rows.push(
        beside
          .map((block) => block[y] ?? "")
          .join("   ")
          .trimEnd(),
      );
  }
  return rows.join("\n");
}

interface Line {
  text: string;
  width: number; // characters on screen
}

function drawPanel(panel: HistoryPanel, width: number, color: boolean): string[] {
  const [low, high] = paddedRange(
    panel.curves.flatMap((curve) => curve.values),
    0,
  );
  const marks = rangeTexts([high, (low + high) / 2, low], high - low);
  const left = Math.max(...marks.map((mark) => mark.length));
  const across = width - left - 2; // cells of the curves
  const cells = drawCurves(panel, across, low, high);
  const epochs = Math.max(...panel.curves.map((curve) => curve.values.length));
  const markAt = new Map(marks.map((mark, i) => [(i * (height - 1)) / 2, mark]));
  const lines: Line[] = [plain(panel.label), legend(panel, width, color)];
  cells.forEach((row, y) => {
    const mark = markAt.get(y);
    lines.push({
      text: `${(mark ?? "").padStart(left)} ${mark === undefined ? "│" : "┤"}${cellText(row, color)}`,
      width,
    });
  });
  lines.push(plain(`${" ".repeat(left)} └${"─".repeat(across)}`));
  const last = epochs === 1 ? "" : String(epochs);
  const first = epochs === 1 ? " ".repeat(Math.floor(across / 2)) + "1" : "1";
  lines.push(plain(`${" ".repeat(left + 2)}${first}${last.padStart(across - first.length)}`));
  lines.push(plain(`${" ".repeat(left + 2 + Math.floor((across - 5) / 2))}epoch`));
  return lines.map((line) => line.text + " ".repeat(Math.max(0, width - line.width)));
}

interface Cell {
  dots: number; // the braille pattern's eight bits
  by: "train" | "validation";
}

/** Bits of the eight dots of a braille cell, by column and row. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

function drawCurves(panel: HistoryPanel, across: number, low: number, high: number): Cell[][] {
  const cells = Array.from({ length: height }, () =>
    Array.from({ length: across }, (): Cell => ({ dots: 0, by: "train" })),
  );
  const set = (x: number, y: number, by: Cell["by"]) => {
    const cell = cells[y >> 2][x >> 1];
    cell.dots |= dotBits[x & 1][y & 3];
    cell.by = by;
  };
  for (const { name, values } of panel.curves) {
    const draw = (x: number, y: number) => {
      if (name === "train" || (x >> 1) % 2 === 0) set(x, y, name);
    };
    let before: [number, number] | undefined;
    values.forEach((value, epoch) => {
      if (!Number.isFinite(value)) {
        before = undefined;
        return;
      }
      const share = values.length === 1 ? 0.5 : epoch / (values.length - 1);
      const x = Math.round(share * (2 * across - 1));
      const y = Math.round(((high - value) / (high - low)) * (4 * height - 1));
      if (before !== undefined) drawLine(before, [x, y], draw);
      else if (Number.isFinite(values[epoch + 1] ?? Number.NaN)) set(x, y, name);
      else for (const i of [x, x ^ 1]) for (const j of [y, y ^ 1]) set(i, j, name); // a point alone is made larger
      before = [x, y];
    });
  }
  return cells;
}

/** A row of cells; neighbours of one colour share its code, empty cells are blanks. */
function cellText(row: readonly Cell[], color: boolean): string {
  const runs: { text: string; by: Cell["by"] | undefined }[] = [];
  for (const { dots, by } of row) {
    const text = dots === 0 ? " " : String.fromCharCode(0x2800 + dots);
    const painted = dots === 0 ? undefined : by;
    const run = runs.at(-1);
    if (run?.by === painted && run !== undefined) run.text += text;
    else runs.push({ text, by: painted });
  }
  return runs.map(({ text, by }) => paint(text, by, color)).join("");
}

/** Every dot of a straight line, as many as its longer side has. */
function drawLine([x0, y0]: [number, number], [x1, y1]: [number, number], draw: (x: number, y: number) => void): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  for (let i = 0; i <= steps; i++) {
    draw(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps));
  }
}

/** Samples and names of the curves with their last values, as far as there is room for those. */
function legend(panel: HistoryPanel, width: number, color: boolean): Line {
  const names = panel.curves.map(({ name, values }) => {
    const sample = name === "train" ? "⠒⠒⠒" : "⠒ ⠒";
    return { name, sample, last: ` ${Number((values.at(-1) as number).toPrecision(3))}` };
  });
  const build = (paintIt: boolean, withLast: boolean) =>
    names.map((n) => `${paint(n.sample, n.name, paintIt)} ${n.name}${withLast ? n.last : ""}`).join("  ");
  const withLast = build(false, true).length <= width;
  return { text: build(color, withLast), width: build(false, withLast).length };
}

function paint(text: string, by: Cell["by"] | undefined, color: boolean): string {
  return color && by !== undefined ? `${by === "train" ? blue : yellow}${text}\x1b[0m` : text;
}

function plain(text: string): Line {
  return { text, width: text.length };
}
