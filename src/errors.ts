/**
 * Every error a user can cause says who complains, what was expected, what arrived, and what to do next.
 *
 *   throw new ShapeError(problem("lstm \"encoder\"", "x [B, T, 64]", "[32, 100]", "Put embedding(vocabulary, 64) before it."));
 *   // ShapeError: lstm "encoder": expected x [B, T, 64], received [32, 100].
 *   //   Put embedding(vocabulary, 64) before it.
 */
export function problem(who: string, expected: string, received: string, next?: string): string {
  return `${who}: expected ${expected}, received ${received}.${next ? `\n  ${next}` : ""}`;
}

/** Any error that Cellstate throws on purpose; anything else is a bug of ours. */
export class CellstateError extends Error {
  override name = "CellstateError";
}

/** A tensor, layer or argument has the wrong rank, size or type of shape. */
export class ShapeError extends CellstateError {
  override name = "ShapeError";
}

/** The data or an option is wrong: empty, out of range, NaN, unknown name. */
export class DataError extends CellstateError {
  override name = "DataError";
}

/** A file is not what it claims to be; the message names the file, the place and the reason. */
export class FormatError extends CellstateError {
  override name = "FormatError";
}

/** A backend cannot run here, or cannot run this program. */
export class BackendError extends CellstateError {
  override name = "BackendError";
}

/** `[32, null, 8]` → `"[32, ?, 8]"`, for messages. */
export function showShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((n) => n ?? "?").join(", ")}]`;
}

/** A value of the wrong kind, for messages: `"abc"`, `3n`, `null`, `a list of 2`, `a Map`. Shows whatever it is, and never at length. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value[Symbol.toStringTag as never] ?? "typed array"}`;
  if (typeof value !== "object" || value === null) return String(value);
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === "Object" ? `an object { ${Object.keys(value).slice(0, 5).join(", ")} }` : `a ${name}`;
}

/** The option a mistyped name most resembles, or undefined: `nearest("adm", ["adam", "sgd"])` → `"adam"`. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 100) return undefined; // nobody mistypes so much, and the search would take minutes
  const scored = known.map((k) => ({ k, d: editDistance(name.toLowerCase(), k.toLowerCase()) }));
  scored.sort((a, b) => a.d - b.d);
  const best = scored[0];
  return best && best.d <= Math.max(2, Math.floor(name.length / 3)) ? best.k : undefined;
}

/** `"Did you mean "adam"? Known: adam, sgd."`: the next step after a name nobody knows. */
export function suggest(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return `${guess ? `Did you mean "${guess}"? ` : ""}Known: ${known.join(", ")}.`;
}

/**
 * A number and what it counts, in English.
 *
 *   counted(1, "step"); // "1 step"
 *   counted(3, "step"); // "3 steps"
 */
export const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
