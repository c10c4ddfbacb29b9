/** The class projects of test/judges/class_projects.py and class-projects.mjs: lines and figures of both, side by side. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chooseBackend } from "cellstate";
import * as ours from "../../test/judges/class-projects.mjs";
import { meanAndSpread } from "../mean-difference.mjs";
import { shown } from "../verdict.mjs";

const root = join(import.meta.dirname, "../..");
const programs = { ...ours };
const theirs = "docs/results/keras-class-projects.jsonl";
const python = join(root, "test/judges/class_projects.py");

const kinds = {
  pass_fail: "pass or fail from three steps; LSTM(8), 100 epochs",
  next_value: "next value of 1 2 3 …; LSTM(10), 200 epochs",
  five_sentences: "sentiment of five sentences; Embedding, LSTM(16), 100 epochs",
  four_lines: "next word, four lines; Embedding, LSTM(50), 200 epochs",
  faq: "next word, course FAQ; two LSTM(150), 8 epochs of the lab's 100",
  characters: "next character, 4,000 of Shakespeare, one-hot; LSTM(64), 5 epochs",
  intents: "chatbot's intents, a CSV with labels; Embedding, LSTM(16), 100 epochs",
  airline: "airline passengers, MinMaxScaler, window 12; LSTM(32), 100 epochs",
  stock: "Google's stock, MinMaxScaler, window 60; two LSTM(50) with Dropout, 5 epochs",
  several_days: "temperature, seven days at once, StandardScaler; LSTM(32) → Dense(7), 5 epochs",
  cells: "sunspots; SimpleRNN, GRU and LSTM of 32, 5 epochs each",
  pollution: "several columns, Beijing's air; LSTM(32) twice, returnSequences, 5 epochs",
  sensors: "a watch's sensors cut into windows of 50; LSTM(32), 20 epochs",
  vowels: "lengths that differ, Japanese vowels; Masking, LSTM(32), 20 epochs",
  each_step: "an answer at each step, two ways; Bidirectional, TimeDistributed, 40 epochs",
  sums: "sequence to sequence, 12+7 → 19; LSTM(64), RepeatVector, LSTM(64), 20 epochs",
  autoencoder: "autoencoder for anomalies; LSTM(16), RepeatVector, LSTM(16), 15 epochs",
};

export const classProjects = {
  title: "Class projects, ours beside Keras's",
  needs: [
    "course-faq/faq.txt",
    "tiny-shakespeare/input.txt",
    ...["TRAIN", "TEST"].map((part) => `basic-motions/BasicMotions_${part}.ts.txt`),
    ...["TRAIN", "TEST"].map((part) => `japanese-vowels/JapaneseVowels_${part}.ts.txt`),
    ...["airline-passengers", "daily-min-temperatures", "monthly-sunspots", "pollution"].map(
      (name) => `timeseries/${name}.csv`,
    ),
    ...["Train", "Test"].map((part) => `timeseries/Google_Stock_Price_${part}.csv`),
  ],
  target: "14 kinds of class projects or more, with Keras's results at the same epochs; lines beside lines",
  reach: { kinds: { atLeast: 14 } },
  async run({ data, seed, quick }) {
    const figures = { kinds: Object.keys(kinds).length };
    for (const name of Object.keys(kinds)) {
      const begun = performance.now();
      const found = await programs[name]({ data, seed, ...(quick ? { epochs: 1 } : {}) });
      for (const [key, value] of Object.entries(found)) figures[`${name}: ${key}`] = value;
      figures[`${name}: s`] = (performance.now() - begun) / 1000;
    }
    return { figures, charts: {}, backend: (await chooseBackend()).name };
  },
  section(runs) {
    if (!existsSync(join(root, theirs)) || runs.length < 2) return "";
    const lines = readFileSync(join(root, theirs), "utf8").trim().split("\n");
    const keras = lines.map((line) => JSON.parse(line));
    const rows = Object.keys(kinds).map((name) => compared(name, keras, runs));
    const [those, these] = ["python", "mine"].map((side) => rows.reduce((sum, row) => sum + row[side], 0));
    const apart = rows.flatMap((row) => row.apart);
    return `## Beside Keras ${keras[0].keras}

| kind, and its name in both files | lines, Keras | lines, ours | figure | Keras | ours | s, Keras | s, ours |
| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |
${rows.map((row) => row.text).join("\n")}
| together | ${those} | ${these} |  |  |  | ${total(rows, "kerasSeconds")} | ${total(rows, "seconds")} |

Mean ± standard deviation over seeds ${seedsOf(keras)} (Keras) and ${seedsOf(runs)} (ours): a seed gives other random numbers on each side.
Further apart than the two spreads together: ${apart.length > 0 ? apart.join("; ") : "none"}.
A line is one of the function's body without blank lines and comments; imports, and for Python the function that reads .ts files, are not counted. Ours
need more where NumPy works on whole arrays (\`each_step\`, \`sums\`, \`vowels\`), and fewer where a function of the library cuts windows or makes rows. Seconds are of a
whole program, from reading the data to the figures, with what Keras takes to trace its graph.
These are programs as classes write them, at few epochs, not what the library does best: airline passengers are at ${ofPage("airline", "RMSE")} with
[\`forecaster\`](airline.md), and "tomorrow is today" beats every network here on [the stock](stock.md).
The programs: [Keras's](../../test/judges/class_projects.py), [ours](../../test/judges/class-projects.mjs), [Keras's runs](${theirs.split("/").at(-1)}), made by
\`KERAS_BACKEND=tensorflow build/judges/bin/python test/judges/class_projects.py --data ../shared/data\`.

## The kinds with pages of their own

| kind | figure | Keras | ours | s, Keras | s, ours |
| --- | --- | ---: | ---: | ---: | ---: |
${["imdb-200", "imdb-500", "imdb-500-pairs"].map(reviews).join("\n")}
| [DailyDialog, 2,000 utterances](dialogues.md) | training accuracy, epoch 8 | 0.149 | ${ofPage("dialogues", "training accuracy, epoch 8")} |  |  |

From the same beginning (imdb-500-pairs) ours is 0.008 below Keras, with an interval that leaves out 0: its page says what is known. Lines are not counted
here: [test/judges/imdb.py](../../test/judges/imdb.py) holds both programs of Keras, [examples/](../../examples/imdb.ts) ours.

## Ours, seed by seed

`;
  },
};

/** One kind's row: a line of the cell for each figure. */
function compared(name, all, runs) {
  const keras = all.filter((one) => one.program === name);
  const pairs = Object.keys(keras[0].figures).map((key) => {
    const [a, b] = [runs.map((one) => one.figures[`${name}: ${key}`]), keras.map((one) => one.figures[key])];
    return { key, ours: meanAndSpread(a), theirs: meanAndSpread(b) };
  });
  const [python, mine] = [linesOfPython(name), linesOf(programs[name].toString())];
  const seconds = meanAndSpread(runs.map((one) => one.figures[`${name}: s`])).mean;
  const kerasSeconds = meanAndSpread(keras.map((one) => one.seconds)).mean;
  const cells = (of) => pairs.map(of).join("<br>");
  const both = `${cells(({ theirs }) => spread(theirs))} | ${cells(({ ours }) => spread(ours))}`;
  const times = `${kerasSeconds.toFixed(1)} | ${seconds.toFixed(1)}`;
  const text = `| ${kinds[name]} (\`${name}\`) | ${python} | ${mine} | ${cells(({ key }) => key)} | ${both} | ${times} |`;
  const apart = pairs
    .filter(({ ours, theirs }) => Math.abs(ours.mean - theirs.mean) > ours.spread + theirs.spread + 1e-6)
    .map(({ key }) => `\`${name}\`, ${key}`);
  return { text, python, mine, seconds, kerasSeconds, apart };
}

const spread = ({ mean, spread }) => `${shown(mean)} ± ${shown(spread)}`;
const seedsOf = (runs) => [...new Set(runs.map((one) => one.seed))].join(", ");
const total = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0).toFixed(1);

/** Lines between a function's first and last, without blank ones and comments. */
function linesOf(code) {
  const body = code.split("\n").slice(1, -1);
  return body.filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line)).length;
}

/** The same of a function of class_projects.py, which ends where the next line is not indented. */
function linesOfPython(name) {
  const lines = readFileSync(python, "utf8").split("\n");
  const body = lines.slice(lines.indexOf(`def ${name}(data):`) + 1);
  const end = body.findIndex((line) => /^\S/.test(line));
  return body.slice(0, end).filter((line) => line.trim() !== "" && !/^\s*#/.test(line)).length;
}

/** A row of the second table: an IMDb program's runs in Keras, and ours as its page has them. */
function reviews(name) {
  const lines = readFileSync(join(root, `docs/results/keras-${name}.jsonl`), "utf8")
    .trim()
    .split("\n");
  const keras = lines.map((line) => JSON.parse(line));
  const [accuracy, seconds] = ["accuracy", "seconds"].map((key) => meanAndSpread(keras.map((one) => one[key])));
  const figures = `${spread(accuracy)} | ${ofPage(name, "test accuracy")} | ${seconds.mean.toFixed(0)} | ${ofPage(name, "training, s")}`;
  return `| [${name}](${name}.md) | test accuracy | ${figures} |`;
}

/** A figure of a page: mean ± spread, or the value of the only seed. */
function ofPage(page, figure) {
  const line = readFileSync(join(root, `docs/results/${page}.md`), "utf8")
    .split("\n")
    .find((line) => line.startsWith(`| ${figure} |`));
  const cells = line
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
  return cells.length === 1 ? `${cells[0]}` : cells.slice(-2).join(" ± ");
}
