/** Height of a ribbon's row in px: more where there are few. */
export const ribbonHeight = (count: number): number => (count <= 12 ? 34 : 22);

/** The bound of the ribbons' scale: one of few, never the data's own. */
export const ladder = (value: number): number =>
  [0.05, 0.1, 0.2, 0.5, 1].find((limit) => value <= limit) ?? Math.ceil(value);

/** A band around a line, as high at each step as what is left there, as an SVG path; `left` [T * T] at s * T + t. */
export function ribbonShape(
  left: Float32Array,
  s: number,
  count: number,
  full: number,
  width: number,
  middle: number,
): string {
  const room = ribbonHeight(count) / 2 - 1;
  const half = (t: number) => Math.max(0.4, (left[s * count + t] / full) * room);
  const along: number[] = [];
  const last = lastSeen(left, s, count);
  for (let t = s; t <= last; t++) along.push(t);
  const x = (t: number) => t * width;
  const up = along.map((t) => `${x(t)} ${middle - half(t)} ${x(t + 1) - width * 0.35} ${middle - half(t)}`);
  const down = along.reverse().map((t) => `${x(t + 1) - width * 0.35} ${middle + half(t)} ${x(t)} ${middle + half(t)}`);
  return `M${[...up, ...down].join("L")}Z`;
}

/** Up to where something can be seen of it: a hundredth of what it was. */
function lastSeen(left: Float32Array, s: number, count: number): number {
  for (let t = count - 1; t > s; t--) if (left[s * count + t] > 0.01 * left[s * count + s]) return t;
  return s;
}
