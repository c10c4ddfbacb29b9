/** Losses of a training as it runs: a small chart of lines, drawn anew with each epoch. */
const [width, height, left, below] = [320, 120, 44, 18];

export type Curves = ReadonlyMap<string, readonly (readonly [epoch: number, value: number])[]>;

/** The chart as SVG: `loss`, and `val_loss` dashed, over the epochs. */
export function curveSvg(curves: Curves, epochs: number): string {
  const lines = [...curves].filter(([, points]) => points.length > 0);
  const values = lines.flatMap(([, points]) => points.map(([, value]) => value)).filter(Number.isFinite);
  if (values.length === 0) return "";
  const top = Math.max(...values);
  const bottom = Math.min(0, ...values);
  const x = (epoch: number) => left + ((width - left - 6) * (epoch - 1)) / Math.max(1, epochs - 1);
  const y = (value: number) => 8 + (height - 8 - below) * (1 - (value - bottom) / (top - bottom || 1));
  const drawn = lines.map(([name, points], i) => {
    const path = points
      .filter(([, value]) => Number.isFinite(value))
      .map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline class="curve-${i}" points="${path.join(" ")}"${name.startsWith("val") ? ' stroke-dasharray="4 3"' : ""}/>`;
  });
  const mark = (value: number) =>
    `<text x="${left - 5}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${Number(value.toPrecision(3))}</text>`;
  const base = height - below;
  return `<svg viewBox="0 0 ${width} ${height}" class="curve" role="img" aria-label="Loss by epoch">
<path d="M${left} 8V${base}H${width - 6}" class="axis"/>${mark(top)}${mark(bottom)}
<text x="${left}" y="${height - 4}">1</text><text x="${width - 6}" y="${height - 4}" text-anchor="end">epoch ${epochs}</text>${drawn.join("")}</svg>`;
}
