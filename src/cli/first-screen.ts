import { version } from "../index.ts";

/** What `cellstate` alone says. */
export const firstScreen = `cellstate ${version}: LSTM networks from your files, in one command.

  Text that goes on     cellstate train text lines.txt --save writer.keras
                        cellstate generate writer.keras "once upon a"
  Classes of texts      cellstate train classify films.csv --save films.keras
                        cellstate predict films.keras "a film to remember"
  What comes next       cellstate train forecast sales.csv --save sales.keras
                        cellstate forecast sales.keras sales.csv
  Classes of sequences  cellstate train sequence steps.csv --save steps.keras

  Nothing at hand?      cellstate demo, cellstate datasets list
  What runs here?       cellstate doctor
  Everything else       cellstate --help, cellstate COMMAND --help
`;

/** Below the help of `cellstate`. */
export const endOfHelp = `
Exit codes:
  0    done
  1    it failed: the message says what was expected, what arrived and what to do next
  2    a command or option that nobody knows
  130  interrupted with Ctrl-C; what was learned is saved

Variables:
  CELLSTATE_BACKEND  native, wasm or js, where --backend does not say it
  CELLSTATE_THREADS  how many threads at most
  CELLSTATE_DATA     a folder with data sets
  CELLSTATE_DEBUG    1 shows where an error came from
  SOURCE_DATE_EPOCH  the date in model files, in seconds: the same training, the same bytes
  NO_COLOR           no colours; FORCE_COLOR=1 colours without a terminal

Examples:
  cellstate doctor
  cellstate train text --help`;
