/**
 * Compares names as people count: `lstm, lstm_1, lstm_2, lstm_10`; in the order of `Intl.Collator("en", { numeric: true })`, which
 * is made for other names only: it takes 30 ms, as long as all else that a small file needs.
 */
export function countingOrder(a: string, b: string): number {
  if (!plain.test(a) || !plain.test(b)) {
    collator ??= new Intl.Collator("en", { numeric: true });
    return collator.compare(a, b);
  }
  const [parts, others] = [a.match(part) ?? [], b.match(part) ?? []];
  for (let k = 0; k < Math.min(parts.length, others.length); k++) {
    const [x, y] = [weight(parts[k]), weight(others[k])];
    if (x !== y) return x < y ? -1 : 1;
  }
  return Math.sign(parts.length - others.length);
}

let collator: Intl.Collator | undefined;

const plain = /^[a-z0-9_]*$/;
const part = /\d+|./g;

/** `_` comes before numbers, numbers by their size before letters. */
function weight(part: string): string {
  if (part === "_") return "";
  const digits = part.replace(/^0+(?=\d)/, "");
  return /^\d/.test(part) ? `0${String.fromCharCode(Math.min(digits.length, 0xffff))}${digits}` : part;
}
