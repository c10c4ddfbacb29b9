import { fitText, textWidth } from "../../../src/plot/style.ts";
import { escapeXml, svgText } from "../../../src/plot/svg-document.ts";

export const ink = "#1b1d20";
export const quiet = "#55595f";
const [left, right] = [70, 24]; // px beside the drawing

/** A drawing with its size, in pixels. What it writes beside itself, at negative x, has 60 of them. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly content: string;
}

/** A drawing as a file: on white, with a title above and a caption below. */
export function framed(title: string, caption: string, { width, height, content }: Drawing): string {
  const full = Math.max(left + width + right, 520);
  const titles = wrapped(title, (full - 32) * 0.94, 15); // bold letters are wider
  const top = 26 + titles.length * 20;
  const lines = wrapped(caption, full - 32, 12);
  const below = top + height + 24;
  const all = below + lines.length * 17 + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${full}" height="${all}" viewBox="0 0 ${full} ${all}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">`,
    `<title>${escapeXml(title)}</title><desc>${escapeXml(caption)}</desc>`,
    `<rect width="${full}" height="${all}" fill="#fff"/>`,
    ...titles.map((line, k) => svgText(line, 16, 26 + k * 20, 'font-size="15" font-weight="600"')),
    `<g transform="translate(${left} ${top})">${content}</g>`,
    ...lines.map((line, k) => svgText(line, 16, below + k * 17, `fill="${quiet}"`)),
    "</svg>",
  ].join("\n");
}

/** A text in lines of a width; a word that is longer is cut. */
function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(fitText(word, width, size));
  }
  return lines.filter((line) => line !== "");
}

/** Width of a step in a file: room for its word where there are few. */
export function stepWidth(texts: readonly string[]): number {
  const count = Math.max(1, texts.length);
  if (count > 24) return Math.max(2, Math.min(20, 1600 / count));
  const longest = Math.max(...texts.map((text) => textWidth(text)));
  return Math.round(Math.max(36, Math.min(110, longest + 16)));
}

const slanted = 74; // px below a drawing for texts that lie aslant

/** The texts of the steps below a drawing, and the height they take: level where they fit, aslant where they do not. */
export function stepTexts(texts: readonly string[], width: number, y: number): { content: string; height: number } {
  if (width >= 36) {
    const level = texts.map((text, t) =>
      svgText(fitText(text, width - 4), (t + 0.5) * width, y + 16, 'text-anchor="middle"'),
    );
    return { content: level.join(""), height: 20 };
  }
  const every = Math.ceil(15 / width);
  const some = texts.map((text, t) => {
    if (t % every > 0) return "";
    const x = (t + 0.5) * width + 4;
    const place = `text-anchor="end" transform="rotate(-50 ${x} ${y + 12})"`;
    return svgText(fitText(text, 80), x, y + 12, place);
  });
  return { content: some.join(""), height: slanted };
}
