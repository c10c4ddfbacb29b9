import { writeFileAtomic } from "../../files/atomic-write.ts";
import { filePath } from "../../files/file-path.ts";
import { makeFolderOf, readIfThere } from "../../files/files.ts";
import { flag, readOptions } from "../options.ts";
import { pythonFloat } from "../python-format.ts";
import type { Callback, Logs, TrainingState } from "./callback.ts";
import { pathOf, text } from "./options.ts";

export interface CsvLoggerOptions {
  /** Between the cells of a line. Default ",". */
  separator?: string;
  /** Appends to the file and keeps its header. Default false: the file is overwritten. */
  append?: boolean;
}

/**
 * Writes a line of loss and metrics for each epoch, as Keras's CSVLogger: `epoch` (from 0), then the names in order of the
 * alphabet, `NA` where an epoch has no such number. The file is whole at any moment. Node only.
 *
 *   csvLogger("log.csv", { append: true })
 */
export function csvLogger(filename: string | URL, options: CsvLoggerOptions = {}): Callback {
  const who = "csvLogger";
  const given = pathOf(who, "the path of a file", filename);
  const { separator, append } = readOptions(who, options, { separator: text(","), append: flag(false) });
  let known: { keys: string[]; lines: string } | null = null;
  const cell = (value: string) => {
    const quoted = value.includes(separator) || /["\r\n]/.test(value);
    return quoted ? `"${value.replaceAll('"', '""')}"` : value;
  };
  const row = (cells: readonly string[]) => `${cells.map(cell).join(separator)}\r\n`; // as Python's csv module ends lines
  return {
    writes: true,
    onTrainBegin() {
      known = null;
    },
    async onEpochEnd(epoch, logs, state) {
      const path = await filePath(given, who);
      if (!known) {
        const there = append ? new TextDecoder().decode((await readIfThere(path)) ?? new Uint8Array()) : "";
        const keys = columns(logs, state);
        known = { keys, lines: there === "" ? row(["epoch", ...keys]) : there };
      }
      const values = known.keys.map((key) => (key in logs ? pythonFloat(logs[key]) : "NA"));
      known.lines += row([String(epoch), ...values]);
      await makeFolderOf(path);
      await writeFileAtomic(path, new TextEncoder().encode(known.lines));
    },
    state: () => known,
    restore(saved) {
      known = saved as typeof known;
    },
  };
}

/** The names of the first epoch, and those that later epochs will have where the first has no validation. */
function columns(logs: Logs, { validates }: TrainingState): string[] {
  const names = Object.keys(logs);
  const later = validates && !names.some((n) => n.startsWith("val_"));
  const validated = names.filter((n) => n !== "learning_rate").map((n) => `val_${n}`);
  return [...names, ...(later ? validated : [])].sort();
}
