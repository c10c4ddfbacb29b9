interface ChartLine {
  readonly name: string;
  readonly values: readonly number[];
  /** The number of a look, of four: each has its own colour and dashes. */
  readonly look: 0 | 1 | 2 | 3;
}

interface Props {
  readonly lines: readonly ChartLine[];
  readonly xLabel: string;
  /** The picture in words. */
  readonly label: string;
  /** The numbers at the ends of the x axis. */
  readonly ends: readonly [string, string];
}

const [width, height, left, bottom] = [560, 220, 44, 26];
const looks = ["--blue", "--orange", "--green", "--quiet"] as const;
const dashes = ["", "7 3", "2 3", "10 3 2 3"] as const;

/** A few lines over equal steps, for lessons: from zero, so that differences are no larger than they are. */
export function PlainChart({ lines, xLabel, label, ends }: Props) {
  const most = Math.max(...lines.flatMap(({ values }) => values.filter(Number.isFinite)), 1e-9) * 1.05;
  const x = (k: number, count: number) => left + (k / Math.max(1, count - 1)) * (width - left - 8);
  const y = (value: number) => height - bottom - (value / most) * (height - bottom - 8);
  const path = (values: readonly number[]) =>
    values.map((v, k) => `${k === 0 ? "M" : "L"}${x(k, values.length).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const ticks = [0, 0.5, 1].map((part) => (part * most) / 1.05);
  return (
    <figure class="plain-chart">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {ticks.map((tick) => (
          <g key={tick}>
            <path class="grid" d={`M${left} ${y(tick)}H${width - 8}`} />
            <text class="end" x={left - 6} y={y(tick) + 4}>
              {Number(tick.toPrecision(2))}
            </text>
          </g>
        ))}
        {lines.map(({ name, values, look }) => (
          <path
            key={name}
            class="line"
            d={path(values)}
            stroke={`var(${looks[look]})`}
            stroke-dasharray={dashes[look]}
          />
        ))}
        <text class="start" x={left} y={height - 8}>
          {ends[0]}
        </text>
        <text x={(left + width) / 2} y={height - 8}>
          {xLabel}
        </text>
        <text class="end" x={width - 8} y={height - 8}>
          {ends[1]}
        </text>
      </svg>
      <figcaption>
        {lines.map(({ name, look }) => (
          <span key={name}>
            <svg class="sample" width="32" height="10" aria-hidden="true">
              <path d="M0 5H32" stroke={`var(${looks[look]})`} stroke-width="2.5" stroke-dasharray={dashes[look]} />
            </svg>{" "}
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
