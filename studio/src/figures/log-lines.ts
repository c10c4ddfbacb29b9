import { svgText } from "../../../src/plot/svg-document.ts";
import { type Drawing, ink, quiet } from "./frame.ts";

/** A line of a drawing: its numbers, and how it looks; thin ones have no name and no place in the legend. */
export interface DrawnLine {
  readonly name: string;
  readonly y: ArrayLike<number>;
  readonly colour?: string;
  readonly dash?: string;
  readonly thin?: boolean;
}

const round = (v: number): number => Number(v.toFixed(2));
const looks = [
  { colour: "#b4540a", dash: "" },
  { colour: "#155a9c", dash: "6 3" },
  { colour: "#2b7239", dash: "2 3" },
];
const smallest = 1e-38; // where 32-bit numbers end

/** Lines over the same x, on a logarithmic y axis; what is not above zero has no place there. */
export function logLines(x: Float64Array, lines: readonly DrawnLine[], labels: { x: string; y?: string }): Drawing {
  const [width, height] = [640, 260];
  const shown = (v: number) => Number.isFinite(v) && v > 0;
  const values = lines.flatMap(({ y }) => Array.from(y).filter(shown));
  const [least, most] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0.1, 1];
  const low = Math.floor(Math.log10(Math.max(smallest, least)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(smallest, most))));
  const [begin, end] = [x[0] ?? 0, x[x.length - 1] ?? 1];
  const across = (v: number) => ((v - begin) / (end - begin || 1)) * width;
  const up = (v: number) => height - ((Math.log10(Math.max(v, 10 ** low)) - low) / (high - low)) * height;
  const stride = Math.ceil((high - low + 1) / 9);
  const grid = Array.from({ length: high - low + 1 }, (_, k) => low + k)
    .filter((_, k) => k % stride === 0)
    .map((power) => {
      const text = power >= -3 && power <= 3 ? String(Number((10 ** power).toPrecision(1))) : `1e${power}`;
      const y = round(up(10 ** power));
      return `<path d="M0 ${y}H${width}" stroke="#d5d6d2"/>${svgText(text, -8, y + 4, 'text-anchor="end"')}`;
    });
  let named = 0;
  const drawn = lines.map(({ name, y, colour, dash, thin }) => {
    const look = looks[named % looks.length];
    const stroke = `stroke="${colour ?? look.colour}" stroke-width="${thin ? 0.8 : 2}"${thin ? ' opacity="0.5"' : ""}${(dash ?? look.dash) ? ` stroke-dasharray="${dash ?? look.dash}"` : ""}`;
    const points = Array.from(x).flatMap((v, i) => (shown(y[i]) ? [`${round(across(v))} ${round(up(y[i]))}`] : []));
    const path = points.length > 0 ? `<path d="M${points.join("L")}" fill="none" ${stroke}/>` : "";
    if (thin) return path;
    const [kx, ky] = [(named % 3) * 215, height + 52 + Math.floor(named / 3) * 18];
    named++;
    return `${path}<path d="M${kx} ${ky - 4}h24" fill="none" ${stroke}/>${svgText(name, kx + 30, ky)}`;
  });
  const ticks = [...new Set([0, 0.5, 1].map((part) => Math.round(begin + part * (end - begin))))].map((v) =>
    svgText(String(v), across(v), height + 16, 'text-anchor="middle"'),
  );
  const axes = [
    `<path d="M0 0V${height}H${width}" fill="none" stroke="${ink}"/>`,
    svgText(labels.x, width / 2, height + 32, `text-anchor="middle" fill="${quiet}"`),
    labels.y
      ? svgText(
          labels.y,
          -56,
          height / 2,
          `fill="${quiet}" text-anchor="middle" transform="rotate(-90 -56 ${height / 2})"`,
        )
      : "",
  ];
  const rows = Math.max(1, Math.ceil(named / 3));
  return { width, height: height + 44 + rows * 18, content: [...grid, ...axes, ...drawn, ...ticks].join("") };
}
