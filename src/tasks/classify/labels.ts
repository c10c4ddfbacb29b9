import { counted, DataError, invalidOption, problem, suggest } from "../../errors.ts";
import { Random } from "../../tensor/random.ts";

/** The name of a class: a word, or a number. */
export type Label = string | number;

/** The distinct labels in order: numbers by size, then words by their letters, whatever order the rows have. */
export function labelsOf(given: readonly Label[], who: string): Label[] {
  given.forEach((label, row) => {
    const fits = (typeof label === "string" && label !== "") || (typeof label === "number" && Number.isFinite(label));
    if (fits) return;
    const found = label === "" ? "an empty one" : Array.isArray(label) ? "a list" : String(label);
    const next = Array.isArray(label)
      ? "One-hot rows are not labels: give the class itself."
      : "Give every row its class.";
    throw new DataError(problem(who, "a label", found, next).with({ row }));
  });
  const labels = [...new Set(given)].sort(byKind);
  const places = new Map(labels.map((label, k) => [String(label), k]));
  const twice = labels.find((label, k) => places.get(String(label)) !== k);
  if (twice !== undefined) {
    const next = "Write it one way: as a number, or as a word.";
    throw new DataError(problem(who, "labels that differ as text", `${twice} as a number and as a word`, next));
  }
  const counts = countsOf(given, labels);
  if (labels.length < 2) {
    const found =
      labels.length === 0 ? "no rows" : `only ${JSON.stringify(labels[0])}, in ${counted(given.length, "row")}`;
    throw new DataError(problem(who, "at least two classes", found, "Add rows of another class."));
  }
  const lonely = counts.indexOf(1);
  if (lonely >= 0) {
    const next = "Add rows of it, or leave the class out: one row cannot be both for training and for validation.";
    const row = given.indexOf(labels[lonely]);
    throw new DataError(
      problem(who, "at least two rows of each class", `one of ${JSON.stringify(labels[lonely])}`, next).with({ row }),
    );
  }
  return labels;
}

/** The place of each label among the known ones. Throws DataError naming row and label for one that is not. */
export function labelIds(given: readonly Label[], labels: readonly Label[], who: string): Int32Array {
  const index = new Map(labels.map((label, k) => [label, k]));
  return Int32Array.from(given, (label, row) => {
    const k = index.get(label);
    if (k !== undefined) return k;
    const next = suggest(String(label), labels.map(String));
    throw new DataError(problem(who, "a label it was trained on", JSON.stringify(label), next).with({ row }));
  });
}

/** Number of rows of each label. */
function countsOf(given: readonly Label[], labels: readonly Label[]): number[] {
  const ids = labelIds(given, labels, "labels");
  const counts = labels.map(() => 0);
  for (const k of ids) counts[k]++;
  return counts;
}

/**
 * Weights that make every class count alike: rows / (classes · rows of the class), as scikit-learn's "balanced"; or those
 * given by label. Keyed by class number, for `fit`.
 */
export function classWeights(
  given: "balanced" | Readonly<Record<string, number>>,
  ids: Int32Array,
  labels: readonly Label[],
  who: string,
): Record<number, number> {
  if (given === "balanced") {
    const counts = labels.map((_, k) => ids.reduce((n, id) => n + (id === k ? 1 : 0), 0));
    return Object.fromEntries(counts.map((n, k) => [k, n === 0 ? 1 : ids.length / (labels.length * n)]));
  }
  const names = labels.map(String);
  if (typeof given !== "object") {
    const next = `Give "balanced", or numbers by label: { ${JSON.stringify(names[0])}: 2 }.`;
    throw new DataError(
      invalidOption(who, "classWeight", '"balanced" or weights in braces', JSON.stringify(given), next),
    );
  }
  for (const [name, weight] of Object.entries(given)) {
    if (!names.includes(name)) {
      throw new DataError(invalidOption(who, "classWeight", "labels of the rows", `"${name}"`, suggest(name, names)));
    }
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw new DataError(
        invalidOption(
          who,
          "classWeight",
          `a number of 0 or more for "${name}"`,
          String(weight),
          "1 is the usual weight, 0 ignores the class.",
        ),
      );
    }
  }
  return Object.fromEntries(names.map((name, k) => [k, Object.hasOwn(given, name) ? given[name] : 1]));
}

/** Row numbers for training and validation, the same fraction of every class in both, at least one row of each in training. */
export function stratifiedSplit(ids: Int32Array, classes: number, fraction: number, seed: number) {
  const training: number[] = [];
  const validation: number[] = [];
  for (let k = 0; k < classes; k++) {
    const rows = Int32Array.from([...ids.keys()].filter((row) => ids[row] === k));
    new Random(seed, 2_000_003 + k).shuffle(rows);
    const kept = Math.min(rows.length - 1, Math.round(rows.length * fraction));
    for (const [i, row] of rows.entries()) (i < kept ? validation : training).push(row);
  }
  const inOrder = (rows: number[]) => rows.sort((a, b) => a - b);
  return { training: inOrder(training), validation: inOrder(validation) };
}

function byKind(a: Label, b: Label): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
