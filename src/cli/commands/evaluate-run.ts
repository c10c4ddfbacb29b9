import type { Command } from "commander";
import { counted, DataError, problem } from "../../errors.ts";
import type { Evaluation } from "../../index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { withKept } from "../readers/kept-reading.ts";
import { namedFiles } from "../readers/named-set.ts";
import { openAnyTask, refuseForeign, thresholdsOf } from "../readers/open-task.ts";
import type { CollectionOptions } from "../readers/read-collection.ts";
import { readLabelled } from "../readers/read-sequences.ts";
import { columnsIn } from "../readers/read-series.ts";
import { byLine, labelledTexts, readTables, textsOf } from "../readers/read-table.ts";
import { type Common, notes, percent, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart } from "../screen/write-result.ts";
import { areasOf, writeConfusion } from "./class-figures.ts";
import { asKnown } from "./labels.ts";

export interface EvaluateOptions extends Common, CollectionOptions, BareOptions {
  text?: string;
  label?: string;
  labelSeparator?: string;
  labelFrom?: "name" | "folder";
  group?: string;
  token?: string;
  intent?: string;
  path?: string;
  transcript?: string;
  image?: boolean;
  columns?: string[];
  /** A row, or a date. */
  from?: string;
  chart?: string;
  csv?: boolean;
  source?: string;
  translation?: string;
  beams?: number;
  lengthPenalty?: number;
  origins?: number;
  period?: number;
  /** The class is to be among so many. */
  top?: number;
}

export async function evaluate(
  model: string,
  given: string[],
  o: EvaluateOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  await checkChart("--chart", o.chart);
  const files = await namedFiles(given, "test", notes(o, screen));
  await checkApart([model, ...files], { "--chart": o.chart });
  const every = [
    "textClassifier",
    "languageModel",
    "sequenceClassifier",
    "forecaster",
    "globalForecaster",
    "regressor",
    "sequenceTagger",
    "translator",
    "sequenceTranscriber",
    "videoClassifier",
    "multiLabelClassifier",
  ] as const;
  const say = notes(o, screen);
  const sequences = o.group !== undefined || files.some((file) => /\.np[yz]$/i.test(file));
  const opened = await openAnyTask(model, every, { ...o, sequences, columnsOf: columnsIn(files, o), say });
  const [series, many] = [["forecaster", "globalForecaster"] as const, ["globalForecaster"] as const];
  const transcribed = ["sequenceTranscriber"] as const;
  const [tagged, translated] = [["sequenceTagger"] as const, ["translator"] as const];
  refuseForeign(self, opened.kind, {
    text: ["textClassifier", "languageModel", "regressor", "multiLabelClassifier"],
    labelSeparator: ["multiLabelClassifier"],
    label: [
      "textClassifier",
      "sequenceClassifier",
      "regressor",
      "sequenceTagger",
      "videoClassifier",
      "multiLabelClassifier",
    ],
    ...{
      token: tagged,
      intent: tagged,
      source: translated,
      translation: translated,
      beams: translated,
      lengthPenalty: translated,
    },
    ...{ path: [...transcribed, "videoClassifier"], transcript: transcribed, image: transcribed },
    labelFrom: ["sequenceClassifier"],
    top: ["textClassifier", "sequenceClassifier", "videoClassifier"],
    group: ["sequenceClassifier", "regressor", "sequenceTagger"],
    columns: ["sequenceClassifier", "forecaster", "regressor"],
    from: ["forecaster"],
    missing: [...series, ...transcribed, "textClassifier"],
    ...{ date: series, dateFormat: series, timeZone: series, duplicates: series },
    ...{ series: many, wide: many, known: many, past: many, static: many, origins: many, period: many, csv: many },
  });
  if (opened.kind === "textClassifier") {
    const read = await readTables(files, { ...o, say });
    const { table, texts, labels } = labelledTexts(read, withKept(o, opened.task.options.reading, read), say);
    const known = asKnown(labels, opened.task.labels, say);
    return show(
      await byLine(table, () => opened.task.evaluate(texts, known, thresholdsOf(o, opened.task.labels))),
      o,
      screen,
    );
  }
  if (opened.kind === "sequenceClassifier") {
    const { reading: kept } = opened.task.options;
    const { sequences, labels } = await readLabelled(files, { ...o, kept, rate: opened.task.sampleRate, say });
    const known = asKnown(labels, opened.task.labels, say);
    return show(await opened.task.evaluate(sequences, known, thresholdsOf(o, opened.task.labels)), o, screen);
  }
  if (opened.kind === "regressor") {
    const read = async () => {
      if (opened.task.reads === "sequences") return readLabelled(files, o);
      const { texts, labels } = labelledTexts(await readTables(files, { ...o, say }), o, say);
      return { sequences: texts, labels };
    };
    const { sequences, labels } = await read();
    const wrong = labels.find((label) => !Number.isFinite(Number(label)));
    if (wrong !== undefined) throw new DataError(problem("--label", "a column of numbers", JSON.stringify(wrong)));
    const found = await opened.task.evaluate(sequences as string[], labels.map(Number));
    const [rmse, mae, r2] = [found.rmse, found.mae, found.r2].map((v) => String(Number(v.toPrecision(4))));
    return screen.out(o.json ? `${JSON.stringify(found)}\n` : `RMSE ${rmse}, MAE ${mae}, R² ${r2}\n`);
  }
  if (opened.kind === "sequenceTagger") {
    const { evaluateTagger } = await import("./evaluate-tagger.ts");
    return evaluateTagger(opened.task, files, o, screen);
  }
  if (opened.kind === "translator") {
    const { evaluateTranslator } = await import("./evaluate-translator.ts");
    return evaluateTranslator(opened.task, files, o, screen);
  }
  if (opened.kind === "sequenceTranscriber") {
    const { evaluateTranscriber } = await import("./transcriber-answers.ts");
    return evaluateTranscriber(opened.task, files, o, screen);
  }
  if (opened.kind === "multiLabelClassifier") {
    const { evaluateLabelSets } = await import("./label-set-answers.ts");
    return evaluateLabelSets(opened.task, files, o, screen);
  }
  if (opened.kind === "videoClassifier") {
    const { evaluateClips } = await import("./clip-answers.ts");
    return show(await evaluateClips(opened.task, files, o, say), o, screen);
  }
  if (opened.kind === "globalForecaster") {
    const { evaluateCollection } = await import("./evaluate-collection.ts");
    return evaluateCollection(opened.task, files, o, screen);
  }
  if (opened.kind === "forecaster") {
    const { evaluateForecaster } = await import("./evaluate-forecaster.ts");
    return evaluateForecaster(opened.task, files, o, screen);
  }
  if (o.chart) {
    const next = "A language model has neither: cellstate train text --history FILE, then cellstate plot.";
    throw new DataError(problem("--chart", "classes or a forecast", "a language model", next));
  }
  const table = await readTables(files, o);
  const lines = textsOf(table, withKept(o, opened.task.options.reading, table).text);
  const stream = opened.task.reading.scheme === "stream";
  const found = await opened.task.evaluate(stream ? lines.join("\n") : lines);
  const { perplexity, accuracy, tokens, unknown } = found;
  const said = `perplexity ${perplexity.toFixed(2)}, accuracy ${percent(accuracy)}, ${counted(tokens, "token")}, ${unknown} unknown`;
  screen.out(o.json ? `${JSON.stringify(found)}\n` : `${said}\n`);
}

async function show(found: Evaluation, o: EvaluateOptions, screen: Screen): Promise<void> {
  const { loss, accuracy, report, rocAuc, prAuc, topAccuracy } = found;
  await writeConfusion(report, o.chart);
  const most = Math.min(o.top ?? 0, topAccuracy.length);
  const top = most === 0 ? "" : `, ${percent(topAccuracy[most - 1])} among the ${most} most probable`;
  const said = `accuracy ${percent(accuracy)}${top}, loss ${loss.toFixed(4)}${areasOf(found)}\n`;
  if (o.json) screen.out(`${JSON.stringify({ loss, accuracy, topAccuracy, rocAuc, prAuc, report })}\n`);
  else screen.out(o.quiet ? said : `${said}${report}\n`);
}
