/** Width of a terminal, and whether it shows colours. */
export interface Terminal {
  /** Characters of a line. */
  columns: number;
  /** Whether colours are shown. */
  color: boolean;
}

/**
 * This process's terminal, for the charts' options. `NO_COLOR` (any value) forbids colours (no-color.org), `FORCE_COLOR`
 * requests them; otherwise they follow whether the output is a terminal, and no dumb one. In a browser: 80 columns, no colours.
 *
 *   console.log(historyChart(history.history, terminal()));
 */
export function terminal(): Terminal {
  if (typeof process === "undefined") return { columns: 80, color: false };
  const { NO_COLOR: none, FORCE_COLOR: force, TERM: kind } = process.env;
  const asked = force !== undefined && force !== "" && force !== "0";
  const color = none ? false : asked || (process.stdout?.isTTY === true && kind !== "dumb");
  return { columns: process.stdout?.columns || 80, color };
}

const reset = "\x1b[0m";
/** Blue and yellow differ for every colour vision. */
const curveCodes = ["\x1b[34m", "\x1b[33m"];

/** A text in the colour of the first or second curve. */
export function paint(text: string, curve: number | undefined, color: boolean): string {
  return color && curve !== undefined ? `${curveCodes[curve % curveCodes.length]}${text}${reset}` : text;
}

/** Width of a text in columns: East Asian and emoji two each, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (character <= "~") {
      width++; // the table of characters is large, and loaded when it is first asked
      continue;
    }
    if (/\p{M}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character) ||
      /\p{Extended_Pictographic}/u.test(character)
        ? 2
        : 1;
  }
  return width;
}

/** Exactly `width` columns: cut with an ellipsis, or filled with blanks at the end (or at the start). */
export function fitColumns(text: string, width: number, side: "left" | "right" = "left"): string {
  let fitted = text;
  if (displayWidth(text) > width) {
    const characters = [...text];
    while (characters.length > 0 && displayWidth(characters.join("")) > width - 1) characters.pop();
    fitted = width > 0 ? `${characters.join("")}…` : "";
  }
  const blanks = " ".repeat(Math.max(0, width - displayWidth(fitted)));
  return side === "left" ? fitted + blanks : blanks + fitted;
}

/** A bar of `width` columns filled by a fraction from 0 to 1, to an eighth of a column. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? "" : " ▏▎▍▌▋▊▉"[eighths % 8];
  return (full + part).padEnd(width);
}
