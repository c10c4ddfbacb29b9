import type { Command } from "commander";
import { counted } from "../../errors.ts";
import { sequenceTranscriber, type TranscribedExample } from "../../transcribe/index.ts";
import { byLine } from "../readers/read-table.ts";
import { readTranscripts } from "../readers/read-transcripts.ts";
import { notes, percent, type Screen } from "../screen/screen.ts";
import { refuseToContinue } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train transcribe`: recordings or frames, and what is said or written in them. */
export async function onTranscripts(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseToContinue(o, "a transcriber");
  const say = notes(o, screen);
  const reading = { ...o, missing: o.missing ?? "error", say };
  const { examples, table } = await readTranscripts(files, reading);
  sayRates(examples, say);
  const held = o.validationData && (await readTranscripts(o.validationData, reading)).examples;
  const sizes = given(o, "units", "bidirectional", "dropout", "window", "stride", "convolution", "ngram", "augment");
  const audio = given(o, "mels", "frameMs", "hopMs");
  const task = sequenceTranscriber({ ...sizes, ...given(o, "seed", "backend"), ...optimizerFor(o), audio });
  const more = { ...given(o, "validationSplit", "patience"), ...(held ? { validationData: held } : {}) };
  let rates: { cer: number; wer: number } | null = null;
  await train(task, o, screen, self, async (fit) => {
    const history = await byLine(table, () => task.fit(examples, { ...fit, ...more }));
    const epoch = history.restoredEpoch ?? history.epoch.length - 1;
    const [cer, wer] = ["val_cer", "val_wer"].map((name) => history.history[name]?.[epoch]);
    if (cer !== undefined && wer !== undefined) rates = { cer, wer };
    return history;
  });
  if (!task.split) return; // stopped before the first step
  const { training, validation } = task.split;
  const figures = rates as { cer: number; wer: number } | null;
  const judged = figures
    ? `, validated on ${validation}: character error rate ${percent(figures.cer)}, word error rate ${percent(figures.wer)}`
    : ", none held out for validation";
  say(`${counted(task.alphabet.length, "character")} known; trained on ${counted(training, "example")}${judged}`);
}

/** Says which recordings are resampled. */
export function sayRates(examples: readonly Pick<TranscribedExample, "input">[], say: (line: string) => void): void {
  const rates = examples.flatMap(({ input }) => ("sampleRate" in input ? [input.sampleRate] : []));
  const others = rates.filter((rate) => rate !== rates[0]);
  if (others.length === 0) return;
  const found = [...new Set(others)].join(", ");
  say(`${counted(others.length, "recording")} of ${found} samples per second: resampled to ${rates[0]}`);
}
