/** A span of tokens of one type: `start` and `end` count tokens from 0, `end` is the first after it. */
export interface Entity {
  /** Its type: `city`. */
  readonly type: string;
  /** Number of its first token. */
  readonly start: number;
  /** Number of the first token after it. */
  readonly end: number;
}

/** Precision, recall and F1, 0 to 1; `support` counts entities in the data. */
export interface EntityScore {
  /** Fraction of the predicted entities that are right. */
  readonly precision: number;
  /** Fraction of the entities that are found. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Number of entities in the data. */
  readonly support: number;
}

/** Scores over all entities (micro average), and by type. */
export interface EntityScores extends EntityScore {
  /** Scores of each type. */
  readonly byType: Readonly<Record<string, EntityScore>>;
}

/**
 * The entities in a row of IOB labels, by the rules of conlleval (Tjong Kim Sang & Buchholz 2000): an `I-` after another type or after `O`
 * begins one too. Reads IOB1, IOB2, IOBES and BILOU.
 *
 *   entitiesOf(["O", "B-city", "I-city", "I-day"]);   // city from 1 to 3, day from 3 to 4
 */
export function entitiesOf(labels: readonly string[]): Entity[] {
  const found: Entity[] = [];
  let open: { type: string; start: number } | null = null;
  let before = outside;
  for (const [k, label] of [...labels, "O"].entries()) {
    const now = partsOf(label);
    const continues = open !== null && now.type === before.type && !opens.has(now.mark) && !closes.has(before.mark);
    if (open && !continues) {
      found.push({ ...open, end: k });
      open = null;
    }
    if (!open && now.mark !== "O") open = { type: now.type, start: k };
    before = now;
  }
  return found;
}

/** Entity precision, recall and F1 of predicted label sequences against the right ones, as conlleval counts: type and both ends must agree. */
export function scoreEntities(
  right: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
): EntityScores {
  const counts = new Map<string, { right: number; predicted: number; both: number }>();
  const of = (type: string) => {
    const known = counts.get(type) ?? { right: 0, predicted: 0, both: 0 };
    counts.set(type, known);
    return known;
  };
  const key = ({ type, start, end }: Entity) => `${start} ${end} ${type}`;
  for (const [row, labels] of right.entries()) {
    const wanted = entitiesOf(labels);
    const keys = new Set(wanted.map(key));
    for (const { type } of wanted) of(type).right++;
    for (const entity of entitiesOf(predicted[row])) {
      of(entity.type).predicted++;
      if (keys.has(key(entity))) of(entity.type).both++;
    }
  }
  const all = { right: 0, predicted: 0, both: 0 };
  for (const one of counts.values()) for (const name of ["right", "predicted", "both"] as const) all[name] += one[name];
  const byType = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, one]) => [type, scoreOf(one)] as const);
  return { ...scoreOf(all), byType: Object.fromEntries(byType) };
}

function scoreOf({ right, predicted, both }: { right: number; predicted: number; both: number }): EntityScore {
  const precision = predicted === 0 ? 0 : both / predicted;
  const recall = right === 0 ? 0 : both / right;
  const f1 = both === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1, support: right };
}

const outside = { mark: "O", type: "" };
const opens = new Set(["O", "B", "S", "U"]);
const closes = new Set(["O", "E", "L", "S", "U"]);

/** `B-city` → its mark and type; a label that is no IOB one counts as outside. */
function partsOf(label: string): { mark: string; type: string } {
  const mark = label[0];
  return iobLabel.test(label) ? { mark, type: label.slice(2) } : outside;
}

/** A mark, a hyphen and a type. */
export const iobLabel = /^[BIESLU]-./;

/** Whether labels say where entities begin and end; else each token's label stands for itself, as a part of speech does. */
export const isIob = (labels: Iterable<string>): boolean => [...labels].some((label) => iobLabel.test(label));

/** Whether `next` may follow `label` (null: the sentence's begin) in IOB2: an `I-` continues an entity of its type. */
export function mayFollow(label: string | null, next: string): boolean {
  if (!next.startsWith("I-")) return true;
  const type = next.slice(2);
  return label === `B-${type}` || label === next;
}
