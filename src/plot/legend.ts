import { svgText } from "./svg-document.ts";

interface Entry {
  name: string;
  y: readonly number[];
  color: string;
  dashed?: boolean;
}

const letterWidth = 6.7; // pixels, on average at 12 pixels a letter's height
const sampleWidth = 26; // pixels of line before the name

/**
 * A legend from `left` to `right` pixels, in as many rows as it needs: a piece of each line, its name in words,
 * and how many of its values are missing.
 */
export function drawLegend(entries: readonly Entry[], left: number, right: number): { content: string; rows: number } {
  let x = left;
  let row = 0;
  const parts = entries.map(({ name, y, color, dashed }) => {
    const missing = y.filter(Number.isNaN).length;
    const label = missing === 0 ? name : `${name} (${missing} of ${y.length} not a number)`;
    const width = sampleWidth + 6 + letterWidth * label.length + 14;
    if (x > left && x + width - 14 > right) {
      x = left;
      row++;
    }
    const baseline = 33 + 18 * row;
    const dash = dashed ? ' stroke-dasharray="6 4"' : "";
    const sample = `<path d="M${round(x)},${baseline - 4}h${sampleWidth}" stroke="${color}" stroke-width="2"${dash}/>`;
    const content = sample + svgText(label, round(x + sampleWidth + 6), baseline);
    x += width;
    return content;
  });
  return { content: parts.join(""), rows: row + 1 };
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
