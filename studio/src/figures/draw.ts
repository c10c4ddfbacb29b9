import { fitText } from "../../../src/plot/style.ts";
import { svgText } from "../../../src/plot/svg-document.ts";
import { placeIn } from "../colours.ts";
import { ladder, ribbonHeight, ribbonShape } from "../parts/ribbon-shape.ts";
import { type Drawing, ink, quiet, stepTexts, stepWidth } from "./frame.ts";

const blue = "#3b6ea5";
const orange = "#b4540a";
const round = (v: number): number => Number(v.toFixed(2));

/** A bar for each step, from the least to the most value, with its number in words above. */
export function bars(
  values: readonly number[],
  texts: readonly string[],
  range: readonly [number, number],
  say: (v: number, t: number) => string,
): Drawing {
  const [width, height] = [stepWidth(texts), 120];
  const [least, most] = range;
  const y = (v: number) => height - ((v - least) / (most - least || 1)) * height;
  const marks = values.map((v, t) => {
    if (!Number.isFinite(v)) return "";
    const [a, b] = [y(v), y(Math.max(least, Math.min(0, most)))];
    const bar = `<rect x="${round(t * width + 2)}" y="${round(Math.min(a, b))}" width="${round(Math.max(1, width - 4))}" height="${round(Math.max(0.5, Math.abs(a - b)))}" fill="${blue}"/>`;
    const number =
      width < 30
        ? ""
        : svgText(
            fitText(say(v, t), width + 6),
            (t + 0.5) * width,
            Math.min(a, b) - 3,
            'text-anchor="middle" font-size="11"',
          );
    return bar + number;
  });
  const lower = stepTexts(texts, width, height);
  const axis = [least, most].map((v) =>
    svgText(String(Number(v.toPrecision(4))), -8, y(v) + 4, `text-anchor="end" fill="${quiet}"`),
  );
  const line = `<path d="M0 0V${height}H${round(width * values.length)}" fill="none" stroke="${quiet}"/>`;
  return {
    width: width * values.length,
    height: height + lower.height,
    content: [...axis, line, ...marks, lower.content].join(""),
  };
}

/** Bars that lie, one below the other, with their names; positive to the right, negative to the left. */
export function lyingBars(rows: readonly (readonly [string, number])[]): Drawing {
  const [names, room, height] = [260, 300, 22];
  const most = Math.max(1e-9, ...rows.map(([, v]) => Math.abs(v)));
  const middle = names - 60 + room / 2;
  const lines = rows.map(([name, v], k) => {
    const long = (Math.abs(v) / most) * (room / 2 - 50);
    const y = k * height;
    const x = v < 0 ? middle - long : middle;
    const number = svgText(v.toFixed(3), v < 0 ? x - 4 : x + long + 4, y + 15, v < 0 ? 'text-anchor="end"' : "");
    return `${svgText(fitText(name, names - 10), -54, y + 15)}<rect x="${round(x)}" y="${y + 3}" width="${round(Math.max(0.5, long))}" height="${height - 6}" fill="${v < 0 ? blue : orange}"/>${number}`;
  });
  const axis = `<path d="M${middle} 0V${rows.length * height}" stroke="${quiet}"/>`;
  return { width: names - 60 + room, height: rows.length * height, content: lines.join("") + axis };
}

/** Values as colours, a column for each step and a row for each unit (or bin of units); values[t * rows + u]. */
export function heatmap(
  values: Float32Array,
  rows: number,
  texts: readonly string[],
  colours: Uint8ClampedArray,
  limit: number | null,
  rowName: string,
): Drawing {
  const width = stepWidth(texts);
  const rowHeight = Math.max(2, Math.min(14, Math.floor(400 / rows)));
  const [all, height] = [width * texts.length, rows * rowHeight];
  const lower = stepTexts(texts, width, height);
  const ends =
    svgText("1", -8, 11, `text-anchor="end" fill="${quiet}"`) +
    svgText(String(rows), -8, height, `text-anchor="end" fill="${quiet}"`) +
    svgText(rowName, -46, height / 2, `fill="${quiet}" text-anchor="middle" transform="rotate(-90 -46 ${height / 2})"`);
  const scale = colourScale(colours, limit, height + lower.height + 12);
  const cells = `<g shape-rendering="crispEdges">${cellPaths(values, rows, texts.length, width, rowHeight, colours, limit)}</g>`;
  return {
    width: Math.max(all, 240),
    height: height + lower.height + 30,
    content: cells + ends + lower.content + scale,
  };
}

/** One path for each colour, over runs of cells that have it: a picture of 500,000 cells stays a file. */
function cellPaths(
  values: Float32Array,
  rows: number,
  columns: number,
  width: number,
  height: number,
  colours: Uint8ClampedArray,
  limit: number | null,
): string {
  const paths = new Map<number, string[]>();
  for (let u = 0; u < rows; u++)
    for (let t = 0, end = 0; t < columns; t = end) {
      const place = placeOf(values[t * rows + u], limit);
      for (end = t + 1; end < columns && placeOf(values[end * rows + u], limit) === place; ) end++;
      if (place < 0) continue; // NaN: nothing is drawn
      const path = paths.get(place) ?? [];
      path.push(
        `M${round(t * width)} ${u * height}h${round((end - t) * width)}v${height}h${round((t - end) * width)}z`,
      );
      paths.set(place, path);
    }
  return [...paths].map(([place, path]) => `<path fill="${hex(colours, place)}" d="${path.join("")}"/>`).join("");
}

const placeOf = (value: number, limit: number | null): number => (Number.isNaN(value) ? -1 : placeIn(value, limit));
const hex = (colours: Uint8ClampedArray, place: number): string =>
  `#${[0, 1, 2].map((k) => colours[place * 4 + k].toString(16).padStart(2, "0")).join("")}`;

function colourScale(colours: Uint8ClampedArray, limit: number | null, y: number): string {
  const steps = Array.from(
    { length: 32 },
    (_, k) =>
      `<rect x="${30 + k * 5}" y="${y}" width="5.5" height="12" fill="${hex(colours, Math.round((k / 31) * 255))}"/>`,
  );
  return (
    svgText(limit === null ? "0" : String(-limit), 24, y + 11, 'text-anchor="end"') +
    steps.join("") +
    svgText(limit === null ? "1" : String(limit), 198, y + 11)
  );
}

const mostRibbons = 120; // beyond, they are too thin to be told apart

/** A ribbon for each step, as high as what is left of what that step wrote. */
export function ribbons(left: Float32Array, texts: readonly string[], units: number): Drawing {
  const [width, count] = [stepWidth(texts), texts.length];
  const row = ribbonHeight(count);
  const first = Math.max(0, count - mostRibbons);
  const full = units * ladder(Math.max(...left) / units);
  const lines = texts.slice(first).map((text, k) => {
    const middle = (k + 0.5) * row;
    const path = `<path d="${ribbonShape(left, first + k, count, full, width, middle)}" fill="${blue}" fill-opacity="0.6"/>`;
    return (
      path +
      svgText(
        fitText(text, 90),
        (first + k) * width + 4,
        middle + 4,
        'paint-order="stroke" stroke="#fff" stroke-width="3"',
      )
    );
  });
  return { width: width * count + 40, height: lines.length * row, content: lines.join("") };
}

/** Curves over the same x, on a logarithmic y axis; what is not above zero has no place there. */
export function curves(
  x: Float64Array,
  series: readonly { readonly name: string; readonly y: Float64Array }[],
): Drawing {
  const [width, height] = [640, 260];
  const values = series.flatMap(({ y }) => [...y].filter((v) => v > 0 && Number.isFinite(v)));
  const [least, most] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0.1, 1];
  const [low, high] = [
    Math.floor(Math.log10(least)),
    Math.max(Math.floor(Math.log10(least)) + 1, Math.ceil(Math.log10(most))),
  ];
  const end = x[x.length - 1] || 1;
  const at = (v: number) => height - ((Math.log10(v) - low) / (high - low)) * height;
  const decades = Array.from({ length: high - low + 1 }, (_, k) => 10 ** (low + k));
  const grid = decades.map(
    (v) =>
      `<path d="M0 ${round(at(v))}H${width}" stroke="#d5d6d2"/>${svgText(String(Number(v.toPrecision(1))), -8, at(v) + 4, 'text-anchor="end"')}`,
  );
  const styles = [`stroke="${orange}"`, `stroke="${blue}" stroke-width="2" stroke-dasharray="6 3"`];
  const lines = series.map(({ name, y }, k) => {
    const points = [...x].flatMap((v, i) =>
      y[i] > 0 && Number.isFinite(y[i]) ? [`${round((v / end) * width)} ${round(at(y[i]))}`] : [],
    );
    const key = `<path d="M${k * 220} ${height + 48}h24" ${styles[k]}/>${svgText(name, k * 220 + 30, height + 52)}`;
    return `<path d="${points.length > 0 ? `M${points.join("L")}` : ""}" fill="none" ${styles[k]}/>${key}`;
  });
  const texts = [0, 0.5, 1].map((part) =>
    svgText(String(Math.round(part * end)), part * width, height + 16, 'text-anchor="middle"'),
  );
  const axis = svgText("training step", width / 2, height + 32, `text-anchor="middle" fill="${quiet}"`);
  return {
    width,
    height: height + 58,
    content: [
      ...grid,
      `<path d="M0 0V${height}H${width}" fill="none" stroke="${ink}"/>`,
      ...lines,
      ...texts,
      axis,
    ].join(""),
  };
}

/** Boxes with a name, a number and a symbol each, and signs between them: lines of a formula. */
export function formula(
  lines: readonly (readonly (string | { readonly name: string; readonly symbol: string; readonly value: number })[])[],
): Drawing {
  let most = 0;
  const drawn = lines.map((line, k) => {
    let x = -50;
    const y = k * 76;
    const parts = line.map((part) => {
      if (typeof part === "string") {
        x += 26;
        return svgText(part, x - 13, y + 40, `font-size="18" text-anchor="middle" fill="${quiet}"`);
      }
      const middle = x + 60;
      x += 120;
      return `<rect x="${middle - 58}" y="${y}" width="116" height="64" rx="8" fill="none" stroke="#b9bbb6"/>${svgText(fitText(part.name, 110, 11), middle, y + 16, `font-size="11" text-anchor="middle" fill="${quiet}"`)}${svgText(part.value.toFixed(3), middle, y + 38, 'font-size="16" font-weight="600" text-anchor="middle"')}${svgText(part.symbol, middle, y + 56, 'font-style="italic" text-anchor="middle"')}`;
    });
    most = Math.max(most, x);
    return parts.join("");
  });
  return { width: most, height: lines.length * 76, content: drawn.join("") };
}
