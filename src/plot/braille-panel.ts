import { paint } from "./terminal.ts";
import { paddedRange, rangeTexts } from "./ticks.ts";

/** A curve drawn with braille dots; values that are not finite leave gaps. */
export interface BrailleCurve {
  name: string;
  values: readonly number[];
  dashed: boolean;
  /** Said after the name where there is room: the last value. */
  note?: string;
}

export interface BraillePanel {
  title: string;
  /** Their values lie one beside the other from the left edge to the right one. */
  curves: readonly BrailleCurve[];
  xLabel: string;
  /** Labels under the left and the right edge. */
  xEnds: readonly [string, string];
  /** A place between the edges (0 to 1) to mark on the axis, and its words. */
  xMark?: { fraction: number; text: string };
}

const height = 9; // rows of a panel's curves

/** Panels side by side, as many as fit in `columns`, or below each other. */
export function braillePanels(panels: readonly BraillePanel[], columns: number, color: boolean): string {
  const perRow = columns >= 70 && panels.length > 1 ? 2 : 1;
  const width = Math.min(70, Math.floor((columns - 3 * (perRow - 1)) / perRow));
  const blocks = panels.map((panel) => drawPanel(panel, width, color));
  const rows: string[] = [];
  for (let i = 0; i < blocks.length; i += perRow) {
    const beside = blocks.slice(i, i + perRow);
    if (i > 0) rows.push("");
    const count = Math.max(...beside.map((block) => block.length));
    for (let y = 0; y < count; y++) {
      const row = beside.map((block) => block[y] ?? "").join("   ");
      rows.push(row.trimEnd());
    }
  }
  return rows.join("\n");
}

interface Line {
  text: string;
  width: number; // characters on screen
}

function drawPanel(panel: BraillePanel, width: number, color: boolean): string[] {
  const [low, high] = paddedRange(
    panel.curves.flatMap((curve) => curve.values),
    0,
  );
  const marks = rangeTexts([high, (low + high) / 2, low], high - low);
  const left = Math.max(...marks.map((mark) => mark.length));
  const across = width - left - 2; // cells of the curves
  const cells = drawCurves(panel.curves, across, low, high);
  const markAt = new Map(marks.map((mark, i) => [(i * (height - 1)) / 2, mark]));
  const lines: Line[] = [plain(panel.title), legend(panel.curves, width, color)];
  cells.forEach((row, y) => {
    const mark = markAt.get(y);
    lines.push({
      text: `${(mark ?? "").padStart(left)} ${mark === undefined ? "│" : "┤"}${cellText(row, color)}`,
      width,
    });
  });
  const { fraction, text: said } = panel.xMark ?? { fraction: 0, text: "" };
  const marked = Math.round(fraction * (across - 1));
  const axis = panel.xMark ? `${"─".repeat(marked)}┬${"─".repeat(across - marked - 1)}` : "─".repeat(across);
  lines.push(plain(`${" ".repeat(left)} └${axis}`));
  const [first, last] = panel.xEnds;
  const alone = last === "" ? " ".repeat(Math.floor(across / 2)) + first : first;
  const ends = `${alone}${last.padStart(across - alone.length)}`;
  const from = Math.max(alone.length + 1, Math.min(marked, across - last.length - said.length - 1));
  const fits = said !== "" && ends.slice(from - 1, from + said.length + 1).trim() === "";
  const under = fits ? ends.slice(0, from) + said + ends.slice(from + said.length) : ends;
  lines.push(plain(`${" ".repeat(left + 2)}${under}`));
  lines.push(plain(`${" ".repeat(left + 2 + Math.floor((across - panel.xLabel.length) / 2))}${panel.xLabel}`));
  return lines.map((line) => line.text + " ".repeat(Math.max(0, width - line.width)));
}

interface Cell {
  dots: number; // the braille pattern's eight bits
  by: number; // the curve's place
}

/** Bits of the eight dots of a braille cell, by column and row. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

function drawCurves(curves: readonly BrailleCurve[], across: number, low: number, high: number): Cell[][] {
  const cells = Array.from({ length: height }, () => Array.from({ length: across }, (): Cell => ({ dots: 0, by: 0 })));
  const set = (x: number, y: number, by: number) => {
    const cell = cells[y >> 2][x >> 1];
    cell.dots |= dotBits[x & 1][y & 3];
    cell.by = by;
  };
  curves.forEach(({ values, dashed }, by) => {
    const draw = (x: number, y: number) => {
      if (!dashed || (x >> 1) % 2 === 0) set(x, y, by);
    };
    let before: [number, number] | undefined;
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) {
        before = undefined;
        return;
      }
      const fraction = values.length === 1 ? 0.5 : i / (values.length - 1);
      const x = Math.round(fraction * (2 * across - 1));
      const y = Math.round(((high - value) / (high - low)) * (4 * height - 1));
      if (before !== undefined) drawLine(before, [x, y], draw);
      else if (Number.isFinite(values[i + 1] ?? Number.NaN)) set(x, y, by);
      else for (const a of [x, x ^ 1]) for (const b of [y, y ^ 1]) set(a, b, by); // a point alone is made larger
      before = [x, y];
    });
  });
  return cells;
}

/** A row of cells; neighbours of one colour fraction its code, empty cells are blanks. */
function cellText(row: readonly Cell[], color: boolean): string {
  const runs: { text: string; by: number | undefined }[] = [];
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

/** Samples and names of the curves with their notes, as far as there is room for those. */
function legend(curves: readonly BrailleCurve[], width: number, color: boolean): Line {
  const build = (paintIt: boolean, withNotes: boolean) =>
    curves
      .map(({ name, dashed, note }, by) => {
        const sample = paint(dashed ? "⠒ ⠒" : "⠒⠒⠒", by, paintIt);
        return `${sample} ${name}${withNotes && note !== undefined ? ` ${note}` : ""}`;
      })
      .join("  ");
  const withNotes = build(false, true).length <= width;
  return { text: build(color, withNotes), width: build(false, withNotes).length };
}

function plain(text: string): Line {
  return { text, width: text.length };
}
