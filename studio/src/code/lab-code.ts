import type { CellName } from "../../../src/studio/messages.ts";
import { labCard, type PageLab } from "../page-labs.ts";
import type { TrainingSettings } from "../training-settings.ts";

/** A lab as both languages say it: its rows, and the layers between input and output. */
interface LabCode {
  /** Lines that make `x` and `y`, and of texts the vocabulary's size, `words`. */
  readonly typescript: string;
  readonly keras: string;
  /** Names that the TypeScript lines import. */
  readonly names: readonly string[];
  /** The input's shape without the batch; words are ids. */
  readonly input: string;
  /** Size of the word vectors, and of how many words; none for numbers. */
  readonly embedding?: readonly [words: string, size: number];
  /** Recurrent layers, one above the other. */
  readonly layers: 1 | 2;
  /** Whether there is an output after each step. */
  readonly each?: boolean;
  readonly outputs: string;
  readonly activation: "sigmoid" | "softmax" | null;
  readonly loss: readonly [typescript: string, keras: string];
  readonly batch: number;
  /** Said where the page's rows cannot be had elsewhere. */
  readonly note?: string;
}

const mse = ["meanSquaredError", "mean_squared_error"] as const;
const binary = ["binaryCrossentropy", "binary_crossentropy"] as const;
const sparse = ["sparseCategoricalCrossentropy", "sparse_categorical_crossentropy"] as const;

const kerasTokenizer = "from tensorflow.keras.preprocessing.text import Tokenizer  # Keras 3 has none of its own\n";
const quoted = (texts: readonly string[]) => texts.map((text) => `  ${JSON.stringify(text)},`).join("\n");

const sentences = [
  "I love this subject",
  "This lab is excellent",
  "I hate this course",
  "This topic is boring",
  "Very good explanation",
];
const fourLines = [
  "hello how are you",
  "hello how is your day",
  "hello how are your friends",
  "hello what are you doing",
];

const nextWordTs = (lines: string) => `const lines = ${lines};
const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(lines);
const { x, y, maxLen } = nextWordRows(tokenizer.textsToSequences(lines)); // every beginning with its next word
const words = tokenizer.wordIndex.size + 1; // id 0 is padding
`;
const nextWordKeras = (lines: string) => `${kerasTokenizer}
lines = ${lines}
tokenizer = Tokenizer()
tokenizer.fit_on_texts(lines)
rows = [ids[: end + 1] for ids in tokenizer.texts_to_sequences(lines) for end in range(1, len(ids))]
rows = keras.utils.pad_sequences(rows)  # zeros before
x, y = rows[:, :-1], rows[:, -1]
words = len(tokenizer.word_index) + 1  # id 0 is padding
`;
const nextWord = {
  names: ["Tokenizer", "nextWordRows"],
  outputs: "words",
  activation: "softmax",
  loss: sparse,
} as const;
const fromFile = (name: string, split = "\\n") => ({
  typescript: `import { readFileSync } from "node:fs";\n\n${nextWordTs(`readFileSync(${JSON.stringify(name)}, "utf8").split(/${split}/).filter((line) => line.trim() !== "").slice(0, 2000)`)}`,
  keras: nextWordKeras(
    `[line.strip() for line in re.split(r"${split}", open(${JSON.stringify(name)}, encoding="utf-8").read()) if line.strip()][:2000]`,
  ),
});
const order = "The page draws the order of the rows by the seed, and fit in another: the losses differ a little.";

const reviewsTs = (length: number, words: number) => `import { readFileSync } from "node:fs";

const reviews = readFileSync("reviews.jsonl", "utf8").trim().split("\\n").map((line) => JSON.parse(line)); // { text, label: 0 or 1 }
const tokenizer = new Tokenizer({ numWords: ${words}, oovToken: "<unk>" });
tokenizer.fitOnTexts(reviews.map(({ text }) => text));
const x = padSequences(tokenizer.textsToSequences(reviews.map(({ text }) => text)), { maxLen: ${length} });
const y = reviews.map(({ label }) => label);
`;
const reviewsKeras = (length: number, words: number) => `import json
${kerasTokenizer}
reviews = [json.loads(line) for line in open("reviews.jsonl", encoding="utf-8")]  # {"text": ..., "label": 0 or 1}
tokenizer = Tokenizer(num_words=${words}, oov_token="<unk>")
tokenizer.fit_on_texts([review["text"] for review in reviews])
x = keras.utils.pad_sequences(tokenizer.texts_to_sequences([review["text"] for review in reviews]), maxlen=${length})
y = np.array([review["label"] for review in reviews], "float32")
`;
const yesOrNo = {
  names: ["Tokenizer", "padSequences"],
  layers: 1,
  outputs: "1",
  activation: "sigmoid",
  loss: binary,
} as const;

type Coded = Exclude<PageLab, "adding" | "airline">;

const labCodes: Readonly<Record<Coded, LabCode>> = {
  "pass-fail": {
    typescript: `const x = [[[1], [1], [0]], [[1], [1], [1]], [[0], [0], [1]], [[0], [0], [0]], [[1], [0], [1]]]; // [rows, steps, 1]
const y = [1, 1, 0, 0, 1];
`,
    keras: `x = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 0], [1, 0, 1]], "float32")[..., None]  # [rows, steps, 1]
y = np.array([1, 1, 0, 0, 1], "float32")
`,
    names: [],
    input: "3, 1",
    layers: 1,
    outputs: "1",
    activation: "sigmoid",
    loss: binary,
    batch: 32,
  },
  "next-value": {
    typescript: `const x = [[[1], [2], [3]], [[2], [3], [4]], [[3], [4], [5]], [[4], [5], [6]]]; // [rows, steps, 1]
const y = [4, 5, 6, 7];
`,
    keras: `x = np.array([[1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]], "float32")[..., None]  # [rows, steps, 1]
y = np.array([4, 5, 6, 7], "float32")
`,
    names: [],
    input: "3, 1",
    layers: 1,
    outputs: "1",
    activation: null,
    loss: mse,
    batch: 32,
  },
  "five-sentences": {
    ...yesOrNo,
    typescript: `const texts = [\n${quoted(sentences)}\n];
const tokenizer = new Tokenizer({ numWords: 100 });
tokenizer.fitOnTexts(texts);
const x = padSequences(tokenizer.textsToSequences(texts), { maxLen: 5 });
const y = [1, 1, 0, 0, 1];
`,
    keras: `${kerasTokenizer}
texts = [\n${quoted(sentences)}\n]
tokenizer = Tokenizer(num_words=100)
tokenizer.fit_on_texts(texts)
x = keras.utils.pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=5)
y = np.array([1, 1, 0, 0, 1], "float32")
`,
    input: "5",
    embedding: ["100", 8],
    batch: 32,
  },
  "four-lines": {
    ...nextWord,
    typescript: nextWordTs(`[\n${quoted(fourLines)}\n]`),
    keras: nextWordKeras(`[\n${quoted(fourLines)}\n]`),
    input: "x.shape[1]",
    embedding: ["words", 10],
    layers: 1,
    batch: 32,
  },
  faq: {
    ...{ ...nextWord, ...fromFile("lstm-faq.txt"), input: "x.shape[1]", embedding: ["words", 100] as const },
    ...{ layers: 2, batch: 32, note: `lstm-faq.txt: assets/lstm-faq.txt of Cellstate. ${order}` },
  },
  text: {
    ...{ ...nextWord, ...fromFile("text.txt"), input: "x.shape[1]", embedding: ["words", 100] as const },
    ...{ layers: 2, batch: 32, note: `text.txt: your text, a sentence a line. ${order}` },
  },
  dialogues: {
    ...{ ...nextWord, ...fromFile("dialogues_train.txt", "__eou__|\\n"), input: "x.shape[1]" },
    ...{ embedding: ["words", 50] as const, layers: 1, batch: 64, note: order },
  },
  series: {
    typescript: `import { columnNumbers, numericColumns, readCsv } from "cellstate/data";

const table = await readCsv("series.csv");
const [column] = numericColumns(table); // the page leaves out those that merely count or date the rows
const all = [...columnNumbers(table, [column], { missing: "previous" }).data].slice(-5000);
const train = all.slice(0, Math.floor(all.length * 0.8)); // the last fifth is held out
const [least, most] = [Math.min(...train), Math.max(...train)];
const scaled = train.map((v) => (v - least) / (most - least || 1));
const steps = Math.min(30, Math.floor((all.length - train.length) / 2));
const starts = Array.from({ length: scaled.length - steps }, (_, s) => s);
const x = new NdArray(Float32Array.from(starts.flatMap((s) => scaled.slice(s, s + steps))), [starts.length, steps, 1]);
const y = new NdArray(Float32Array.from(starts.flatMap((s) => scaled.slice(s + 1, s + 1 + steps))), [starts.length, steps, 1]);
`,
    keras: `import pandas as pd

values = pd.read_csv("series.csv").select_dtypes("number").iloc[:, 0].ffill().dropna().to_numpy()[-5000:]
train = values[: int(len(values) * 0.8)]  # the last fifth is held out
scaled = (train - train.min()) / ((train.max() - train.min()) or 1)
steps = min(30, (len(values) - len(train)) // 2)
windows = np.lib.stride_tricks.sliding_window_view(scaled, steps + 1)[..., None]
x, y = windows[:, :-1], windows[:, 1:]
`,
    names: ["NdArray"],
    input: "null, 1",
    layers: 1,
    each: true,
    outputs: "1",
    activation: null,
    loss: mse,
    batch: 32,
    note: "series.csv: the table that was dropped. The page takes its rows in another order: the losses differ a little.",
  },
  recall: {
    typescript: "",
    keras: `rng = np.random.default_rng(1)  # other rows than on the page
y = rng.integers(0, 8, 4000)
x = np.concatenate([y[:, None] + 1, rng.integers(9, 17, (4000, 20)), np.full((4000, 1), 17)], 1)
`,
    names: ["delayedRecall"],
    input: "22",
    embedding: ["18", 16],
    layers: 1,
    outputs: "8",
    activation: "softmax",
    loss: sparse,
    batch: 32,
    note: "The page takes its rows in another order: the losses differ a little.",
  },
  reviews: {
    ...{ ...yesOrNo, typescript: reviewsTs(14, 200), keras: reviewsKeras(14, 200), input: "14" },
    ...{ embedding: ["200", 16] as const, batch: 20 },
    note: "The page makes its sentences up: put some of yours into reviews.jsonl.",
  },
  imdb: {
    ...{ ...yesOrNo, typescript: reviewsTs(100, 5000), keras: reviewsKeras(100, 5000), input: "100" },
    ...{ embedding: ["5000", 32] as const, batch: 64, note: `reviews.jsonl: the reviews that were dropped. ${order}` },
  },
};

export const isCoded = (lab: PageLab): lab is Coded => Object.hasOwn(labCodes, lab);

const withDropout = (lab: Coded): boolean => ["text", "faq", "reviews", "imdb", "dialogues"].includes(lab);

/** A lab's training in TypeScript. */
export function labInTypescript(settings: TrainingSettings, steps: number, names: Set<string>): string {
  const { lab, cell, units, rate, seed, dropout } = settings;
  if (!isCoded(lab)) return "";
  const code = labCodes[lab];
  for (const name of ["adam", "dense", "input", "sequential", cell, ...code.names]) names.add(name);
  if (code.embedding) names.add("embedding");
  const rows =
    lab === "recall"
      ? `const { x, y } = delayedRecall({ rows: 4000, delay: 20, symbols: 8, seed: ${seed} });\n`
      : code.typescript;
  const options = (sequences: boolean) => {
    const parts = [
      ...(sequences ? ["returnSequences: true"] : []),
      ...(dropout > 0 && withDropout(lab) ? [`dropout: ${dropout}`] : []),
    ];
    return parts.length > 0 ? `, { ${parts.join(", ")} }` : "";
  };
  const layers = [
    `input([${code.input}]${code.embedding ? ', { dtype: "i32" }' : ""})`,
    ...(code.embedding ? [`embedding(${code.embedding.join(", ")})`] : []),
    ...(code.layers === 2 ? [`${cell}(${units}${options(true)})`] : []),
    `${cell}(${units}${options(code.each === true)})`,
    `dense(${code.outputs}${code.activation ? `, { activation: "${code.activation}" }` : ""})`,
  ];
  const note = code.note ? `// ${code.note}\n` : "";
  // Labs without a note have one batch, so that a step is an epoch.
  const epochs = code.note ? `Math.ceil(${steps} / Math.ceil(x.shape[0] / ${code.batch}))` : steps;
  return `// ${labCard(lab).title}
${note}${rows}
const model = sequential([${layers.join(", ")}], { seed: ${seed} });
model.compile({ optimizer: adam({ learningRate: ${rate} }), loss: "${code.loss[0]}" });
const { history } = await model.fit(x, y, { epochs: ${epochs}, batchSize: ${code.batch}, shuffle: ${Boolean(code.note)}, verbose: 0 });
console.log("loss", history.loss.at(-1));
`;
}

const classNames: Readonly<Record<CellName, string>> = { lstm: "LSTM", gru: "GRU", simpleRnn: "SimpleRNN" };

/** A lab's training in Keras. */
export function labInKeras({ lab, cell, units, rate, seed, dropout }: TrainingSettings, steps: number): string {
  if (!isCoded(lab)) return "";
  const code = labCodes[lab];
  const options = (sequences: boolean) =>
    `${sequences ? ", return_sequences=True" : ""}${dropout > 0 && withDropout(lab) ? `, dropout=${dropout}` : ""}`;
  const name = classNames[cell];
  const layers = [
    `keras.Input((${code.input.replace("null", "None")},))`,
    ...(code.embedding ? [`keras.layers.Embedding(${code.embedding.join(", ")})`] : []),
    ...(code.layers === 2 ? [`keras.layers.${name}(${units}${options(true)})`] : []),
    `keras.layers.${name}(${units}${options(code.each === true)})`,
    `keras.layers.Dense(${code.outputs}${code.activation ? `, activation="${code.activation}"` : ""})`,
  ];
  const note = code.note ? `# ${code.note}\n` : "";
  const split = code.keras.includes("re.split") ? "import re\n" : "";
  const epochs = code.note ? `-(-${steps} // -(-len(x) // ${code.batch}))` : steps;
  return `${split}keras.utils.set_random_seed(${seed})  # other random numbers than on the page: the losses differ a little
# ${labCard(lab).title}
${note}${code.keras}
model = keras.Sequential([
${layers.map((layer) => `    ${layer},`).join("\n")}
])
model.compile(optimizer=keras.optimizers.Adam(${rate}), loss="${code.loss[1]}")
history = model.fit(x, y, epochs=${epochs}, batch_size=${code.batch}, shuffle=${code.note ? "True" : "False"}, verbose=0)
print("loss", history.history["loss"][-1])
`;
}
