import { version } from "../../version.ts";
import { helpList } from "../help.ts";

const beginnings: Readonly<Record<string, readonly string[]>> = {
  "Generate text": [
    "cellstate train text lines.txt --save writer.keras",
    'cellstate generate writer.keras "once upon a"',
  ],
  "Classify texts": [
    "cellstate train classify films.csv --save films.keras",
    'cellstate predict films.keras "a film to remember"',
  ],
  "Forecast a series": [
    "cellstate train forecast sales.csv --save sales.keras",
    "cellstate forecast sales.keras sales.csv",
  ],
  "Classify sequences": ["cellstate train sequence steps.csv --save steps.keras"],
};

const further: Readonly<Record<string, string>> = {
  "No data at hand?": "cellstate demo, cellstate datasets list",
  "What runs here?": "cellstate doctor",
  "Everything else": "cellstate --help, cellstate COMMAND --help",
};

/** The text that `cellstate` without arguments prints, for a terminal of `columns` columns. */
export function firstScreen(columns = 80): string {
  const beside = columns >= 80; // commands beside what they are for; else below it
  const entry = ([what, commands]: readonly [string, readonly string[]]) =>
    beside
      ? commands.map((command, k) => `  ${(k === 0 ? what : "").padEnd(22)}${command}\n`).join("")
      : `  ${[what, ...commands.map((command) => `  ${command}`)].join("\n  ")}\n`;
  const some = Object.entries(beginnings).map(entry).join("");
  const others = Object.entries(further).map(([what, commands]) => entry([what, [commands]]));
  return `cellstate ${version}: LSTM networks from your files, in one command.\n\n${some}\n${others.join("")}`;
}

const codes = {
  0: "success",
  1: "error; the message says what is wrong and what to do next",
  2: "unknown command or option",
  130: "interrupted with Ctrl-C; training saves the model first",
};

const variables = {
  CELLSTATE_BACKEND: "native, wasm or js, where --backend is not given",
  CELLSTATE_THREADS: "maximum number of threads",
  CELLSTATE_DATA: "folder with data sets",
  CELLSTATE_DEBUG: "1 prints stack traces",
  SOURCE_DATE_EPOCH: "date in model files, in seconds, for reproducible files",
  NO_COLOR: "no colours; FORCE_COLOR=1 colours without a terminal",
};

/** Below the help of `cellstate`. */
export const endOfHelp = (columns: number): string => `
${helpList("Exit codes:", codes, columns)}

${helpList("Variables:", variables, columns)}

Examples:
  cellstate doctor
  cellstate train text --help`;
