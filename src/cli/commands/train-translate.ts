import type { Command } from "commander";
import { counted } from "../../errors.ts";
import { type TranslatorOptions, translator } from "../../translate/index.ts";
import { readPairs } from "../readers/read-pairs.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { refuseToContinue } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train translate`: texts and their translations. */
export async function onPairs(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseToContinue(o, "a translator");
  const say = notes(o, screen);
  const { pairs, reading } = await readPairs(files, { ...o, say });
  const held = o.validationData && (await readPairs(o.validationData, { ...o, say }, reading)).pairs;
  const sizes = given(o, "embedding", "pieces", "dropout", "labelSmoothing", "seed", "backend");
  const units = o.units === undefined ? {} : { units: o.units[0] };
  const cases = {
    ...(o.lowerSource === undefined ? {} : { lowerSource: o.lowerSource }),
    ...(o.lowerTarget === undefined ? {} : { lowerTarget: o.lowerTarget }),
  };
  const options: TranslatorOptions = { ...sizes, ...units, ...cases, ...optimizerFor(o), reading };
  const task = translator(options);
  const more = { ...given(o, "validationSplit", "patience"), ...(held ? { validationData: held } : {}) };
  await train(task, o, screen, self, (fit) => task.fit(pairs, { ...fit, ...more }));
  if (!task.split) return; // stopped before the first step
  const { training, validation } = task.split;
  const { source, target } = task.vocabularySizes;
  const kept = validation > 0 ? `, validated on ${validation}` : ", none held out for validation";
  say(`${source} pieces read, ${target} written; trained on ${counted(training, "pair")}${kept}`);
}
