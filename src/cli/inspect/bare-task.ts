import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BundledKind, CellstateError, type Model } from "../../index.ts";
import { bundleBare } from "../readers/bundle-bare.ts";
import { columnsIn } from "../readers/read-series.ts";
import { typed } from "./explanation.ts";

type Commands = readonly (readonly [command: string, effect: string])[];

/**
 * The task that commands take a model from a notebook for, with the files beside it, and the commands; without them where it is of
 * no task.
 */
export async function bareTask(file: string, model: Model): Promise<{ next?: Commands; said: string }> {
  let said = "";
  const say = (line: string) => {
    said = line.slice(line.startsWith(`${file}: `) ? file.length + 2 : 0);
  };
  try {
    const { kind } = await bundleBare(file, model, allKinds, { say });
    return { next: [...commandsOf(typed(file), kind), bundled(file)], said };
  } catch (error) {
    if (!(error instanceof CellstateError)) throw error;
    const [first] = error.message.replace(`${file}: `, "").split("\n");
    const missing = Object.keys(forMissing).find((start) => first.startsWith(start));
    return {
      ...(missing !== undefined && { next: await forMissing[missing](file, model) }),
      said: `on the command line: ${first}`,
    };
  }
}

const allKinds: readonly BundledKind[] = [
  "textClassifier",
  "languageModel",
  "sequenceClassifier",
  "forecaster",
  "regressor",
];

const bundled = (file: string, options = "") =>
  [`cellstate bundle ${typed(file)}${options} --out task.keras`, "model and preprocessing in one file"] as const;

/** The commands for a model of which something is missing, by the beginning of the message that says so. */
const forMissing: Record<string, (file: string, model: Model) => Commands | Promise<Commands>> = {
  "expected a tokenizer": (file) => commandsOf(typed(file), "texts"),
  "expected the columns that it forecasts": async (file, { inputShape, outputShape }) => {
    const beside = await seriesBeside(file, inputShape!.at(-1)!);
    const columns = beside?.columns ?? ["COLUMN"];
    const targets = columns.slice(0, outputShape!.length > 2 ? outputShape!.at(-1)! : 1).join(",");
    const which = beside
      ? `or another of ${columns.join(", ")}, the one that it was trained to forecast`
      : "COLUMN is the one that it forecasts, as the file names it";
    return [
      [
        `cellstate forecast ${typed(file)} ${typed(beside?.path ?? "series.csv")} --target ${typed(targets)}`,
        `the next steps of a series; --target: ${which}`,
      ],
      bundled(file, ` --columns ${typed(beside ? columns.join(",") : "NAMES")} --target ${typed(targets)}`),
    ];
  },
  "expected the number of rows that a forecast reads": (file) => [
    [
      `cellstate forecast ${typed(file)} series.csv --window N`,
      "the next steps of a series; N rows were given at once in training",
    ],
    bundled(file, " --window N"),
  ],
};

/** The first file beside a model that is a series of so many columns. */
async function seriesBeside(file: string, width: number): Promise<{ path: string; columns: string[] } | null> {
  const folder = dirname(file);
  const tables = (await readdir(folder)).filter((name) => /\.[ct]sv$/i.test(name)).sort();
  for (const path of tables.map((name) => join(folder, name))) {
    const columns = await columnsIn([path], {})().catch(() => undefined);
    if (columns?.length === width) return { path, columns };
  }
  return null;
}

/** Commands that a model file can be given to. */
export function commandsOf(file: string, kind: string | undefined): Commands {
  const forKind: Record<string, [string, string][]> = {
    textClassifier: [
      [`cellstate predict ${file} "a text"`, "the class of a text"],
      [`cellstate evaluate ${file} labelled.csv`, "its accuracy"],
    ],
    sequenceClassifier: [
      [`cellstate predict ${file} sequence.csv`, "the class of a sequence"],
      [`cellstate evaluate ${file} labelled.csv`, "its accuracy"],
    ],
    sequenceTagger: [
      [`cellstate predict ${file} "a text"`, "a label for each token"],
      [`cellstate evaluate ${file} labelled.iob`, "its entity F1"],
    ],
    sequenceTranscriber: [
      [`cellstate predict ${file} recording.wav`, "the transcript of a recording"],
      [`cellstate evaluate ${file} transcripts.csv`, "its character error rate"],
    ],
    multiLabelClassifier: [
      [`cellstate predict ${file} "a text"`, "the labels of a text"],
      [`cellstate evaluate ${file} labelled.csv`, "its F1"],
    ],
    videoClassifier: [
      [`cellstate predict ${file} clip.npy`, "the class of a clip"],
      [`cellstate evaluate ${file} clips.npz`, "its accuracy"],
    ],
    regressor: [[`cellstate predict ${file} DATA`, "the numbers of a text or of rows"]],
    languageModel: [[`cellstate generate ${file} "the beginning"`, "continues a text"]],
    forecaster: [[`cellstate forecast ${file} series.csv`, "the next steps of a series"]],
    anomalyDetector: [[`cellstate detect ${file} series.csv`, "the anomalies of a series"]],
    texts: [
      [
        `cellstate predict ${file} "a text" --tokenizer tokenizer.pickle`,
        "with what the notebook kept; --labels FILE names classes",
      ],
      [`cellstate generate ${file} "the beginning" --tokenizer tokenizer.pickle`, "of a language model"],
    ],
  };
  return kind !== undefined && Object.hasOwn(forKind, kind) ? forKind[kind] : [];
}
