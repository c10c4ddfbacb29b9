import { escapeXml, svgText } from "./svg-document.ts";

/** Okabe and Ito's colours (2008), distinguishable with any colour vision; yellow, unreadable on white, left out. */
export const colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1f2328"];
export const ink = "#1f2328";
/** Text of less weight; 5.1 : 1 on white. */
export const muted = "#636c76";
const font = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

/** A whole SVG file: dark on white, its words for a screen reader in `label`, an optional title over the content. */
export function svgFile(
  width: number,
  height: number,
  label: string,
  title: string | undefined,
  content: string,
): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeXml(label)}"`,
    ` color="${ink}" fill="${ink}" font-family="${font}" font-size="12" text-anchor="start">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    title === undefined ? "" : titleOver(title, width),
    content,
    "</svg>",
  ].join("");
}

/** The title in the middle: smaller where it would be wider than the file, cut where it would be too small to be read. */
function titleOver(title: string, width: number): string {
  const [fits, largest, smallest] = [width - 16, 17, 11];
  const size = Math.max(smallest, Math.min(largest, Math.floor((largest * fits) / textWidth(title, largest))));
  const look = `font-size="${size}" font-weight="600" text-anchor="middle"`;
  return svgText(fitText(title, fits, size), width / 2, 28, look);
}

/** About how many pixels wide a text is, on the safe side for the fonts above; exact widths differ from system to system. */
export function textWidth(text: string, fontSize = 12): number {
  let ems = 0;
  for (const character of text) {
    if (/[ilj.,:;'|!I()[\]ft]/.test(character)) ems += 0.36;
    else if (/[mwMW%@—…]/.test(character)) ems += 0.96;
    else if (character > "\u2e7f")
      ems += 1.05; // East Asian and emoji
    else ems += /[A-Z]/.test(character) ? 0.72 : 0.61;
  }
  return ems * fontSize;
}

/** The text, or as much of its beginning as fits `width` pixels, with an ellipsis. */
export function fitText(text: string, width: number, fontSize = 12): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, fontSize) > width) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}

/** White to the first colour, for fractions from 0 to 1, and the ink that can be read on it. */
export function shade(fraction: number): { fill: string; ink: string } {
  const [from, to] = [
    [255, 255, 255],
    [0, 84, 136],
  ];
  const mixed = from.map((v, i) => Math.round(v + (to[i] - v) * Math.min(1, Math.max(0, fraction))));
  const hex = mixed.map((v) => v.toString(16).padStart(2, "0")).join("");
  return { fill: `#${hex}`, ink: fraction > 0.5 ? "#ffffff" : ink };
}
