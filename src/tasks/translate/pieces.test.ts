import { expect, test } from "vitest";
import { Random } from "../../tensor/random.ts";
import { learnPieces, Pieces, unknownId } from "./pieces.ts";

const texts = ["Zwei Männer laufen, zwei Hunde auch.", "Ein Mann läuft 12 km.", "Hunde laufen; Männer auch!"];

test("a text comes back from its pieces, with case, signs and accents", () => {
  for (const size of [40, 60, 200]) {
    const pieces = new Pieces(learnPieces(texts, size, false));
    expect(pieces.names.length).toBeLessThanOrEqual(size);
    for (const text of [...texts, "Hundemann läuft.auch 21"]) expect(pieces.decode(pieces.encode(text))).toBe(text);
  }
  const lower = new Pieces(learnPieces(texts, 60, true));
  expect(lower.decode(lower.encode("ZWEI Hunde"))).toBe("zwei hunde");
});

test("white space is one blank, and composed and decomposed letters are the same", () => {
  const pieces = new Pieces(learnPieces(texts, 100, false));
  expect(pieces.encode("  Zwei\t Ma\u0308nner \n")).toEqual(pieces.encode("Zwei Männer"));
  expect(pieces.encode(" ")).toEqual([]);
});

test("a character that no training text had is the unknown piece, and is named", () => {
  const pieces = new Pieces(learnPieces(texts, 100, false));
  expect(pieces.encode("Zwei Ω")).toContain(unknownId);
  expect(pieces.unknown("Zwei ΩΩ ж")).toEqual(["Ω", "ж"]);
});

test("merges are those of counting all pairs again at every step", () => {
  const random = new Random(3, 0);
  const letters = [..."abcde"];
  const word = () =>
    Array.from({ length: 1 + Math.floor(6 * random.uniform()) }, () => letters[Math.floor(5 * random.uniform())]);
  const made = Array.from({ length: 60 }, () => Array.from({ length: 5 }, () => word().join("")).join(" "));
  const { merges } = learnPieces(made, 60, false);
  expect(merges.length).toBeGreaterThan(20);
  let words = made.flatMap((text) => text.split(" ").map((one) => ["▁", ...one]));
  for (const [a, b] of merges) {
    const counts = new Map<string, number>();
    for (const parts of words)
      for (let k = 0; k + 1 < parts.length; k++) {
        const name = `${parts[k]} ${parts[k + 1]}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    const most = Math.max(...counts.values());
    const first = [...counts]
      .filter(([, n]) => n === most)
      .map(([name]) => name)
      .sort()[0];
    expect(`${a} ${b}`).toBe(first);
    words = words.map((parts) => {
      const next: string[] = [];
      for (const part of parts) {
        if (next.at(-1) === a && part === b) next[next.length - 1] = a + b;
        else next.push(part);
      }
      return next;
    });
  }
});
