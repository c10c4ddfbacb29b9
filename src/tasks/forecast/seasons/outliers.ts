import { quantile } from "../../../data/quantile.ts";
import type { Candidate } from "./candidate.ts";

/** The series with single values replaced that stand far from the median of seven around them (Hampel); itself where there are none. */
export function withoutOutliers(y: Float64Array, reach = 3, limit = 4): Float64Array {
  const medians = y.map((_, t) => quantile(y.slice(Math.max(0, t - reach), t + reach + 1).sort(), 0.5));
  const usual = quantile(y.map((v, t) => Math.abs(v - medians[t])).sort(), 0.9);
  const far = limit * Math.max(usual, 1e-12);
  return y.some((v, t) => Math.abs(v - medians[t]) > far)
    ? y.map((v, t) => (Math.abs(v - medians[t]) > far ? medians[t] : v))
    : y;
}

/** The series with single values replaced that a season does not expect; null where there are none. */
export function withoutUnexpected(y: Float64Array, { period, phi }: Candidate): Float64Array | null {
  const cycles = y.length / period;
  const rows = Array.from({ length: period }, (_, j) => {
    const own: number[] = [];
    for (let t = j === 0 ? period : j; t < y.length; t += period) own.push(y[t] - phi * y[t - 1]);
    return quantile(Float64Array.from(own).sort(), 0.5);
  });
  const surprise = (out: Float64Array, t: number) => out[t] - phi * out[t - 1] - rows[t % period];
  const sizes = y.slice(1).map((_, i) => Math.abs(surprise(y, i + 1)));
  const usual = 1.4826 * quantile(sizes.sort(), 0.5) * Math.sqrt(cycles / Math.max(1, cycles - 1));
  if (!(usual > 0)) return null;
  const out = y.slice();
  let any = false;
  for (let t = 1; t < y.length - 1; t++) {
    const e = surprise(out, t);
    if (Math.abs(e) <= 5 * usual) continue;
    const back = surprise(out, t + 1); // an outlier is taken back by the next step; a step that stays is none
    const alone = phi < 0.5 || (Math.sign(back) === -Math.sign(e) && Math.abs(back) > 0.4 * phi * Math.abs(e));
    if (!alone) continue;
    out[t] -= e;
    any = true;
  }
  return any ? out : null;
}
