/** What is done to the network (a gate held, a step read as another), as parts of a link: places count from 1, as people do. */

/** A gate of a cell held at a value; null: at every step, of all units. */
export interface HoldPlace {
  readonly cell: number;
  readonly gate: string;
  readonly step: number | null;
  readonly unit: number | null;
  readonly value: number;
}

/** A step that is read as another one. */
export interface InsteadPlace {
  readonly step: number;
  readonly by: string;
}

export const whatIfParts = ["hold", "instead"] as const;
const longestWord = 300;

const placeOf = (part: string): number | null => (part === "all" ? null : Number(part));

/** As `f of cell 1 at step 4, all units, at 0.95`: `1.f.4.all.0.95`. */
export const writeHold = ({ cell, gate, step, unit, value }: HoldPlace): string =>
  [cell, gate, step ?? "all", unit ?? "all", Number(value.toFixed(4))].join(".");

export const writeInstead = ({ step, by }: InsteadPlace): string => `${step}.${by}`;

/** Null for what is no hold. */
export function readHold(text: string): HoldPlace | null {
  const found = /^([1-9]\d{0,2})\.([fiozrh])\.(all|[1-9]\d{0,5})\.(all|[1-9]\d{0,5})\.([01](?:\.\d{1,6})?)$/.exec(text);
  if (!found) return null;
  const [cell, gate, step, unit, value] = found.slice(1);
  if (Number(value) > 1) return null;
  return { cell: Number(cell), gate, step: placeOf(step), unit: placeOf(unit), value: Number(value) };
}

/** Null for what is no step and a text. */
export function readInstead(text: string): InsteadPlace | null {
  const found = /^([1-9]\d{0,5})\.(.+)$/su.exec(text);
  if (!found || found[2].length > longestWord) return null;
  return { step: Number(found[1]), by: found[2] };
}
