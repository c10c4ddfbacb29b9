/** A figure that can be saved: drawn as SVG, and its numbers as a table. */
export interface Figure {
  /** Name of its files, without the ending: it says what is shown, and of which model. */
  readonly name: string;
  readonly title: string;
  /** The model, the input, the step and the seed, as far as there are any. */
  readonly caption: string;
  readonly table: Table;
  /** The picture as SVG. */
  svg(): string;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Facts about the model that every row of a CSV file repeats, and every caption says. */
export interface Origin {
  readonly model: string;
  /** The training on the page that made it; null for a model that came trained. */
  readonly training: {
    readonly task: string;
    readonly layer: string;
    readonly units: number;
    readonly rate: number;
    readonly seed: number;
    /** Steps taken so far. */
    readonly step: number;
  } | null;
}

/** Model and training in words. */
export function originWords({ model, training }: Origin): string {
  if (!training) return `Model: ${model}`;
  const { task, layer, units, rate, seed, step } = training;
  return `Model: ${task}, ${layer} with ${units} units, learning rate ${rate}, seed ${seed}, after ${step} training steps`;
}

/** Columns of the origin, put before those of the figure: a file of numbers says by itself where they are from. */
export function withOrigin({ model, training }: Origin, { columns, rows }: Table): Table {
  const facts = training
    ? { model: training.task, layer_type: training.layer, seed: training.seed, training_step: training.step }
    : { model };
  const values = Object.values(facts);
  return { columns: [...Object.keys(facts), ...columns], rows: rows.map((row) => [...values, ...row]) };
}

/** A table as CSV (RFC 4180). What is no number is quoted where it must be; a missing number is an empty cell. */
export function csvOf({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number): string {
  if (typeof value === "number") return Number.isNaN(value) ? "" : String(value);
  // A spreadsheet takes a text that begins so for a formula; the apostrophe keeps it a text.
  const text = /^[=+@\t\r]|^-(?!\d)/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A float32 with the digits it has, not those of the float64 that holds it. */
export const digits = (value: number): number => Number(value.toPrecision(7));

/** Parts of a file name, in small letters and joined by hyphens; what no file system likes is left out. */
export function fileName(...parts: readonly string[]): string {
  const words = parts.map((part) =>
    part
      .normalize("NFC")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-+|-+$/g, ""),
  );
  return (
    words
      .filter((word) => word !== "")
      .join("-")
      .slice(0, 100) || "figure"
  );
}
