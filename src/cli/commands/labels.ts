import type { Label } from "../../index.ts";

/** Cells as labels: numbers where each is written as one, so that 10 comes after 9 and an answer is a number again. */
export function asLabels(cells: readonly string[]): Label[] {
  const numbers = cells.map(Number);
  return cells.every((cell, i) => String(numbers[i]) === cell && Number.isFinite(numbers[i])) ? numbers : [...cells];
}

/** Cells as the labels that a model knows: `"1"` is its 1, or its `"1"`; where none is a name, numbers are places among them. */
export function asKnown(cells: readonly string[], known: readonly Label[], say: (line: string) => void): Label[] {
  const byName = new Map(known.map((label) => [String(label), label]));
  const places = cells.map((cell) => (/^\d+(\.0)?$/.test(cell) ? known[Number(cell)] : undefined));
  if (cells.every((cell, i) => !byName.has(cell) && places[i] !== undefined)) {
    say(`labels are numbers: 0 is ${known[0]}, 1 is ${known[1]}${known.length > 2 ? ", …" : ""}`);
    return places as Label[];
  }
  return cells.map((cell) => byName.get(cell) ?? cell);
}
