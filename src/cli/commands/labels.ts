import type { Label } from "../../index.ts";

/** Cells as labels: numbers where each is written as one, so that 10 comes after 9 and an answer is a number again. */
export function asLabels(cells: readonly string[]): Label[] {
  const numbers = cells.map(Number);
  return cells.every((cell, i) => String(numbers[i]) === cell && Number.isFinite(numbers[i])) ? numbers : [...cells];
}

/** Cells as the labels that a model knows: `"1"` is its 1, or its `"1"`. */
export function asKnown(cells: readonly string[], known: readonly Label[]): Label[] {
  const byName = new Map(known.map((label) => [String(label), label]));
  return cells.map((cell) => byName.get(cell) ?? cell);
}
