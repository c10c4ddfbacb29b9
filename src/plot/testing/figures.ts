/** Every plot on data of the tests: `npm run gallery` makes a page of them, `gallery.test.ts` examines them. */
import { Random } from "../../tensor/random.ts";
import {
  confusionChart,
  forecastChart,
  historyChart,
  layerChain,
  type ModelGraph,
  plotAnomalies,
  plotConfusionMatrix,
  plotForecast,
  plotHeatmap,
  plotHistory,
  plotLines,
  plotModel,
  plotPredictions,
  plotProbabilities,
  predictionsTable,
  probabilityChart,
} from "../index.ts";

export interface Figure {
  name: string;
  /** An SVG file, or the lines of a terminal. */
  svg?: string;
  text?: string;
}

/** Four days of hours with a dip on the third. */
function alarmed() {
  const usual = Array.from({ length: 96 }, (_, t) => 50 + 20 * Math.sin((2 * Math.PI * t) / 24));
  const values = usual.map((v, t) => (t > 58 && t < 66 ? 20 : v + 3 * Math.sin(7 * t)));
  const scores = usual.map((_, t) => (t < 12 ? Number.NaN : t > 58 && t < 68 ? 4.5 : 1 + Math.sin(t) ** 2));
  const dates = usual.map((_, t) => new Date(Date.UTC(2024, 0, 1, t)).toISOString().slice(0, 16));
  return { values, usual: [usual], scores, threshold: 3, dates, alarms: [{ from: 59, to: 67 }] };
}

export const history = {
  accuracy: [0.762, 0.865, 0.9012, 0.925, 0.941],
  loss: [0.487, 0.328, 0.255, 0.203, 0.165],
  val_accuracy: [0.841, 0.857, 0.8546, 0.851, 0.845],
  val_loss: [0.371, 0.345, 0.352, 0.391, 0.44],
};

export const reviews = [
  [0.0312, 0.9688],
  [0.8841, 0.1159],
  [0.4987, 0.5013],
  [0.9999, 0.0001],
  [0.0721, 0.9279],
];
export const sentiments = ["Negative", "Positive"];

export const sentimentCounts = [
  [10432, 2068],
  [2061, 10439],
];

const digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
export const digitCounts = digits.map((_, i) =>
  digits.map((_, j) => (i === j ? 94 - i : (i * 7 + j * 3) % 5 === 0 ? 3 : 0)),
);

const motions = ["standing still", "walking slowly up the stairs", "running", "playing badminton in the hall"];
const motionCounts = [
  [10, 0, 0, 0],
  [1, 8, 1, 0],
  [0, 2, 7, 1],
  [0, 0, 1, 9],
];

/** A year of months with a trend and a season, and a forecast of the last ones with an interval that widens. */
export function months() {
  const random = new Random(4);
  const actual = Array.from(
    { length: 72 },
    (_, t) => 200 + 2 * t + 40 * Math.sin((t * Math.PI) / 6) + 6 * random.normal(),
  );
  const forecast = actual.slice(60).map((value) => value + 8 * random.normal());
  const low = forecast.map((value, t) => value - 12 - 2 * t);
  const high = forecast.map((value, t) => value + 12 + 2 * t);
  return { actual, forecast, low, high, from: 60 };
}

export const sentimentModel = layerChain(
  [
    { name: "input", className: "InputLayer", outputShape: [null, 200], params: 0 },
    { name: "embedding", className: "Embedding", outputShape: [null, 200, 128], params: 1_280_000 },
    { name: "bidirectional", className: "Bidirectional(LSTM)", outputShape: [null, 256], params: 263_168 },
    { name: "dropout", className: "Dropout", outputShape: [null, 256], params: 0 },
    { name: "dense", className: "Dense", outputShape: [null, 1], params: 257 },
  ],
  "sentiment",
);

const node = (id: string, className: string, outputShape: ModelGraph["nodes"][number]["outputShape"], params = 0) => ({
  id,
  name: id,
  className,
  outputShape,
  params,
});

/** Two sentences through one shared encoder, a third input around it, two outputs. */
export const branchedModel: ModelGraph = {
  name: "are these two questions the same?",
  nodes: [
    node("left", "InputLayer", [null, 40]),
    node("right", "InputLayer", [null, 40]),
    node("numbers", "InputLayer", [null, 6]),
    node("words", "Embedding", [null, 40, 64], 640_000),
    node("encoder", "LSTM", [null, 128], 98_816),
    node("difference", "Subtract", [null, 128]),
    node("product", "Multiply", [null, 128]),
    node("together", "Concatenate", [null, 262]),
    node("hidden", "Dense", [null, 64], 16_832),
    node("same", "Dense", [null, 1], 65),
    node("topic_of_both_questions", "Dense", [null, 12], 780),
  ],
  edges: [
    ["left", "words"],
    ["right", "words"],
    ["words", "encoder"],
    ["words", "encoder"],
    ["encoder", "difference"],
    ["encoder", "difference"],
    ["encoder", "product"],
    ["encoder", "product"],
    ["difference", "together"],
    ["product", "together"],
    ["numbers", "together"],
    ["together", "hidden"],
    ["hidden", "same"],
    ["hidden", "topic_of_both_questions"],
  ],
};

/** An encoder whose states begin the decoder. */
export const translationModel: ModelGraph = {
  name: "translation",
  nodes: [
    node("english", "InputLayer", [null, null]),
    node("french", "InputLayer", [null, null]),
    node("english_words", "Embedding", [null, null, 256], 2_560_000),
    node("french_words", "Embedding", [null, null, 256], 3_840_000),
    node(
      "encoder",
      "LSTM",
      [
        [null, 512],
        [null, 512],
        [null, 512],
      ],
      1_574_912,
    ),
    node("decoder", "LSTM", [null, null, 512], 1_574_912),
    node("scores", "Dense", [null, null, 15_000], 7_695_000),
  ],
  edges: [
    ["english", "english_words"],
    ["english_words", "encoder"],
    ["french", "french_words"],
    ["french_words", "decoder"],
    ["encoder", "decoder"],
    ["decoder", "scores"],
  ],
};

export const nextWords = {
  labels: ["fee", "course", "duration", "eligibility", "instructor's name", "last date for registration of the course"],
  probabilities: [0.612, 0.187, 0.092, 0.061, 0.0474, 0.0006],
};

const attentionWords = {
  rowLabels: ["elle", "ne", "dort", "pas", "bien", ".", "[end]"],
  columnLabels: ["she", "does", "not", "sleep", "comfortably", "."],
  xLabel: "English",
  yLabel: "French",
};
const attentionWeights = attentionWords.rowLabels.map((_, i) => {
  const heights = attentionWords.columnLabels.map((_, j) => Math.exp(-((i * 0.85 - j) ** 2)));
  return heights.map((v) => v / heights.reduce((a, b) => a + b, 0));
});
const waves = (rows: number, columns: number) =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => Math.sin(i / 5) * Math.cos(j / 9) + Math.sin((i * j) / 300)),
  );

const longHistory = {
  loss: Array.from({ length: 200 }, (_, i) => 4 * Math.exp(-i / 40) + 0.3 * Math.cos(i * 1.7) ** 2),
};

export async function figures(): Promise<Figure[]> {
  const { labels, probabilities } = nextWords;
  const wide = { columns: 80 };
  const grid = (K: number) =>
    Array.from({ length: K }, (_, i) => Array.from({ length: K }, (_, j) => (i === j ? 40 : (i * j) % 7)));
  return [
    { name: "plotHistory", svg: await plotHistory(history) },
    { name: "plotHistory: 200 epochs", svg: await plotHistory(longHistory, { title: "A long training" }) },
    { name: "plotLines: seven curves", svg: await plotLines(sevenCurves()) },
    { name: "plotConfusionMatrix", svg: await plotConfusionMatrix(sentimentCounts, { labels: sentiments }) },
    { name: "plotConfusionMatrix: ten classes", svg: await plotConfusionMatrix(digitCounts, { labels: digits }) },
    { name: "plotConfusionMatrix: long names", svg: await plotConfusionMatrix(motionCounts, { labels: motions }) },
    { name: "plotConfusionMatrix: forty classes", svg: await plotConfusionMatrix(grid(40)) },
    {
      name: "plotPredictions",
      svg: await plotPredictions(reviews, { labels: sentiments, name: "Review", actual: [1, 0, 0, 0, 1] }),
    },
    { name: "plotPredictions: many classes", svg: await plotPredictions(sixRows(), { labels, name: "Prompt" }) },
    {
      name: "plotProbabilities",
      svg: await plotProbabilities(probabilities, { labels, title: "The word after “what is the”" }),
    },
    {
      name: "plotForecast",
      svg: await plotForecast(months(), { title: "Passengers", xLabel: "Month", yLabel: "Thousands" }),
    },
    { name: "plotAnomalies", svg: await plotAnomalies(alarmed(), { title: "A pump's load", columns: ["load"] }) },
    {
      name: "plotHeatmap: attention",
      svg: await plotHeatmap(attentionWeights, { ...attentionWords, title: "Looked at" }),
    },
    { name: "plotHeatmap: sound", svg: await plotHeatmap(waves(40, 90), { xLabel: "Frame", yLabel: "Band" }) },
    { name: "plotModel: a stack", svg: await plotModel(sentimentModel) },
    { name: "plotModel: from left to right", svg: await plotModel(sentimentModel, { direction: "right" }) },
    { name: "plotModel: branches and a shared layer", svg: await plotModel(branchedModel) },
    { name: "plotModel: encoder and decoder", svg: await plotModel(translationModel) },
    { name: "historyChart", text: historyChart(history, wide) },
    { name: "confusionChart", text: confusionChart(sentimentCounts, { labels: sentiments, ...wide }) },
    { name: "confusionChart: ten classes", text: confusionChart(digitCounts, { labels: digits, ...wide }) },
    { name: "confusionChart: forty classes", text: confusionChart(grid(40), wide) },
    {
      name: "predictionsTable",
      text: predictionsTable(reviews, { labels: sentiments, name: "Review", actual: [1, 0, 0, 0, 1], ...wide }),
    },
    {
      name: "predictionsTable: many classes",
      text: predictionsTable(sixRows(), { labels, name: "Prompt", top: 2, ...wide }),
    },
    { name: "probabilityChart", text: probabilityChart(probabilities, { labels, ...wide }) },
    { name: "forecastChart", text: forecastChart(months(), { title: "Passengers", xLabel: "month", ...wide }) },
  ];
}

function sevenCurves() {
  const series = Array.from({ length: 7 }, (_, k) => ({
    name: `units ${2 ** (k + 3)}`,
    y: Array.from({ length: 12 }, (_, i) => 1 / (1 + i * (0.1 + 0.12 * k))),
  }));
  return [{ title: "Loss by size", xLabel: "Epoch", yLabel: "Loss", series }];
}

/** Six rows, each with another most probable class. */
function sixRows(): number[][] {
  const { probabilities } = nextWords;
  return probabilities.map((_, i) => [...probabilities.slice(i), ...probabilities.slice(0, i)]);
}
