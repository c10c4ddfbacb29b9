/**
 * Where two lists of lists of numbers first differ, in words; null where they agree to this part of the largest of each list
 * (of 1 where all are smaller). What is no finite number, null among them, must be none in both.
 */
export function difference(found, wanted, tolerance) {
  if (found.length !== wanted.length) return `${wanted.length} results wanted, ${found.length} found`;
  for (let k = 0; k < wanted.length; k++) {
    if (found[k].length !== wanted[k].length)
      return `result ${k}: ${wanted[k].length} numbers wanted, ${found[k].length} found`;
    const scale = wanted[k].reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 1);
    const at = wanted[k].findIndex((v, i) => !near(found[k][i], v, tolerance * scale));
    if (at >= 0) return `result ${k}, number ${at}: ${wanted[k][at]} wanted, ${found[k][at]} found`;
  }
  return null;
}

const near = (a, b, most) => (Number.isFinite(b) ? Math.abs(a - b) <= most : !Number.isFinite(a));
