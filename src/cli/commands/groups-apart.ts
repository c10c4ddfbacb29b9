import type { Sequence } from "../../index.ts";
import type { TrainOptions } from "./train-options.ts";

interface Windows {
  readonly sequences: Sequence[];
  readonly labels: string[];
  /** Where each stands in the files. */
  readonly places: string[];
  readonly groups?: string[] | undefined;
}

/**
 * Windows of some groups for validation, and those of the others for training: windows that overlap, or are of one person, must not be in
 * both. As many of the last groups as the fraction comes to, one at least; none of fewer than three, or where a label would be left in those alone.
 */
export function groupsApart(
  read: Windows,
  { validationSplit = 0.1 }: TrainOptions,
  say: (line: string) => void,
): { training: Windows; held: Windows | null } {
  const { sequences, labels, groups, places } = read;
  const names = [...new Set(groups)];
  if (!groups || validationSplit === 0) return { training: read, held: null };
  const count = names.length < 3 ? 0 : Math.max(1, Math.round(names.length * validationSplit));
  const apart = new Set(names.slice(names.length - count));
  const pick = (wanted: boolean): Windows => {
    const rows = [...groups.keys()].filter((k) => apart.has(groups[k]) === wanted);
    const of = <T>(list: readonly T[]) => rows.map((k) => list[k]);
    return { sequences: of(sequences), labels: of(labels), places: of(places) };
  };
  const [training, held] = [pick(false), pick(true)];
  const known = new Set(training.labels);
  if (count === 0 || held.labels.some((label) => !known.has(label))) {
    say("windows of one group are not held out from themselves, so none is: give --validation-data FILE");
    return { training: read, held: null };
  }
  say(`groups held out for validation: ${[...apart].join(", ")}`);
  return { training, held };
}
