/** What a page and the worker of its cells say to each other. The page takes each message from the worker as a stranger's. */

export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** From the page to the frame: the worker's script, and what it is to run. A port to the worker comes with it. */
export interface Start {
  readonly engine: Blob;
  readonly code: string;
  readonly files: readonly GivenFile[];
}

/** From the worker to the page. */
export type Told =
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  | { readonly kind: "figure"; readonly svg: string }
  | { readonly kind: "file"; readonly name: string; readonly bytes: Uint8Array }
  | {
      readonly kind: "epoch";
      readonly epoch: number;
      readonly epochs: number;
      readonly logs: Readonly<Record<string, number>>;
    }
  | { readonly kind: "error"; readonly text: string; readonly line: number | null }
  | { readonly kind: "done"; readonly seconds: number };

/** Bounds of what one run may show. */
export const bounds = { lines: 2000, line: 20_000, figures: 40, svg: 3_000_000, files: 20, file: 100_000_000 };

/** A message that has the form of one, its sizes within bounds; null for anything else. */
export function readTold(data: unknown): Told | null {
  if (typeof data !== "object" || data === null) return null;
  const told = data as Record<string, unknown>;
  const text = (value: unknown, most: number): value is string => typeof value === "string" && value.length <= most;
  const count = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
  if (told.kind === "lines" && Array.isArray(told.lines) && told.lines.length <= bounds.lines)
    return { kind: "lines", lines: told.lines.filter((line) => text(line, bounds.line)) };
  if (told.kind === "figure" && text(told.svg, bounds.svg)) return { kind: "figure", svg: told.svg };
  if (
    told.kind === "file" &&
    text(told.name, 200) &&
    told.bytes instanceof Uint8Array &&
    told.bytes.length <= bounds.file
  )
    return { kind: "file", name: told.name.replace(/[^\w. -]+/g, "_").replace(/^\.+/, "_"), bytes: told.bytes };
  if (
    told.kind === "epoch" &&
    count(told.epoch) &&
    count(told.epochs) &&
    typeof told.logs === "object" &&
    told.logs !== null
  ) {
    const logs = Object.entries(told.logs).filter(([name, value]) => name.length <= 60 && typeof value === "number");
    return {
      kind: "epoch",
      epoch: told.epoch,
      epochs: told.epochs,
      logs: Object.fromEntries(logs.slice(0, 12)) as Record<string, number>,
    };
  }
  if (told.kind === "error" && text(told.text, bounds.line))
    return { kind: "error", text: told.text, line: count(told.line) ? told.line : null };
  if (told.kind === "done" && count(told.seconds)) return { kind: "done", seconds: told.seconds };
  return null;
}
