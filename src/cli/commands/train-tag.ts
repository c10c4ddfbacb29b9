import type { Command } from "commander";
import { counted } from "../../errors.ts";
import { sequenceTagger, type TaggerOptions } from "../../tagging/index.ts";
import { readSentences } from "../readers/read-sentences.ts";
import { notes, percent, type Screen } from "../screen/screen.ts";
import { refuseToContinue } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train tag`: a label for each token. */
export async function onTags(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseToContinue(o, "a tagger");
  const say = notes(o, screen);
  const { sentences, reading } = await readSentences(files, { ...o, say });
  const sizes = given(o, "embedding", "charEmbedding", "charUnits", "minCount", "dropout", "recurrentDropout");
  const words = given(o, "wordDropout", "linear", "lower", "maskDigits", "seed", "backend");
  const units = o.units === undefined ? {} : { units: o.units[0] };
  const output = o.crf === false ? ({ output: "softmax" } as const) : {};
  const options: TaggerOptions = { ...sizes, ...words, ...units, ...output, ...optimizerFor(o), reading };
  const task = sequenceTagger(options);
  const others = o.validationData && (await readSentences(o.validationData, { ...o, say })).sentences;
  const more = { ...given(o, "validationSplit", "patience"), ...(others ? { validationData: others } : {}) };
  let best: Record<string, number> = {};
  await train(task, o, screen, self, async (fit) => {
    const history = await task.fit(sentences, { ...fit, ...more });
    const epoch = history.restoredEpoch;
    if (epoch !== undefined && epoch !== null)
      best = Object.fromEntries(Object.entries(history.history).map(([name, values]) => [name, values[epoch]]));
    return history;
  });
  if (!task.split) return; // stopped before the first step
  const { training, validation } = task.split;
  const figures = [
    ["val_f1", "entity F1"],
    ["val_token_accuracy", "token accuracy"],
    ["val_intent_accuracy", "intent accuracy"],
  ].flatMap(([name, words]) => (best[name] === undefined ? [] : [`${words} ${percent(best[name])}`]));
  const held =
    validation > 0 ? `, validated on ${validation}: ${figures.join(", ")}` : ", none held out for validation";
  say(`${counted(task.vocabularySize, "word")} known; trained on ${counted(training, "sentence")}${held}`);
}
