/** The file that a student hands in: programs, what they printed, and answers, as JSON. */
export interface HandIn {
  readonly format: "cellstate-lab";
  readonly version: 1;
  readonly lab: string;
  readonly name: string;
  readonly answers: string;
  /** ISO 8601. */
  readonly saved: string;
  readonly cells: readonly HandedCell[];
}

export interface HandedCell {
  readonly number: number;
  readonly label: string;
  readonly code: string;
  readonly changed: boolean;
  /** What the last run printed; empty where there was none. */
  readonly output: string;
  /** Of the last run; null where there was none. */
  readonly seconds: number | null;
}

export const mostBytes = 5e6;

/** Reads such a file, from anybody: what does not have its form is refused in a sentence. */
export function readHandIn(text: string): HandIn | string {
  if (text.length > mostBytes) return "It is larger than 5 MB, which no hand-in is.";
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return "It is not JSON: a hand-in is the file that a lab's page saves.";
  }
  const { format, version, lab, name, answers, saved, cells } = (data ?? {}) as Record<string, unknown>;
  if (format !== "cellstate-lab") return "It is not a hand-in of Cellstate's labs.";
  if (version !== 1) return `It has version ${String(version).slice(0, 20)}, and this page reads version 1.`;
  const texts = [lab, name, answers, saved];
  if (!texts.every((value): value is string => typeof value === "string") || !Array.isArray(cells))
    return "Parts of it are missing.";
  const read = cells.slice(0, 100).flatMap((cell): HandedCell[] => {
    const { number, label, code, changed, output, seconds } = (cell ?? {}) as Record<string, unknown>;
    if (
      typeof number !== "number" ||
      typeof label !== "string" ||
      typeof code !== "string" ||
      typeof output !== "string"
    )
      return [];
    return [
      { number, label, code, changed: changed === true, output, seconds: typeof seconds === "number" ? seconds : null },
    ];
  });
  return { format, version, lab: texts[0], name: texts[1], answers: texts[2], saved: texts[3], cells: read };
}
