import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { type CellstateError, DataError, FormatError, ShapeError } from "../errors.ts";
import {
  confusionChart,
  forecastChart,
  layerChain,
  plotConfusionMatrix,
  plotForecast,
  plotModel,
  plotPredictions,
  plotProbabilities,
  predictionsTable,
  probabilityChart,
  svgToPng,
} from "./index.ts";
import { branchedModel, reviews, sentimentCounts, sentimentModel, sentiments } from "./testing/figures.ts";

const texts = (svg: string) =>
  [...parseHTML(`<body>${svg}</body>`).document.querySelectorAll("text")].map((element) => element.textContent);
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts every colour code
const withoutColor = (text: string) => text.replace(/\x1b\[\d+m/g, "");

test("a confusion matrix shows counts and shares of the rows, white on dark and dark on light", async () => {
  const svg = await plotConfusionMatrix(sentimentCounts, { labels: sentiments });
  const words = texts(svg);
  for (const word of ["Accuracy 83.5 % of 25000", "Predicted", "Actual", "10432", "83.5 %", "2068", "16.5 %"]) {
    expect(words).toContain(word);
  }
  expect(/fill="#ffffff"[^>]*>10432</.test(svg)).toBe(true);
  expect(/fill="#1f2328"[^>]*>2068</.test(svg)).toBe(true);
});

test("a class that never occurs has no share and breaks nothing", async () => {
  const svg = await plotConfusionMatrix([
    [3, 1],
    [0, 0],
  ]);
  expect(svg).not.toContain("NaN");
  expect(confusionChart([[0]])).toContain("Accuracy unknown of 0");
});

test("a confusion matrix in a terminal, to the character", () => {
  expect(confusionChart(sentimentCounts, { labels: sentiments }).split("\n")).toEqual([
    "Confusion matrix: Accuracy 83.5 % of 25000",
    "          predicted",
    "actual    Negative  Positive",
    "Negative  █  10432  ░   2068",
    "Positive  ░   2061  █  10439",
  ]);
});

test("where the columns do not fit, the most frequent mistakes stand in words", () => {
  const many = Array.from({ length: 30 }, (_, i) =>
    Array.from({ length: 30 }, (_, j) => (i === 4 && j === 7 ? 12 : 0)),
  );
  expect(confusionChart(many)).toBe("Confusion matrix: Accuracy 0.0 % of 12\n12 × 4 taken for 7");
});

test("predictions stand as the labs print them: the review, its label, both probabilities", () => {
  const lines = predictionsTable(reviews, { labels: sentiments, name: "Review", columns: 50 }).split("\n");
  expect(lines[0]).toBe("Review 1: Positive  Negative 0.031  Positive 0.969");
  expect(lines[1]).toBe("Review 2: Negative  Negative 0.884  Positive 0.116");
  expect(lines.length).toBe(5);
});

test("a sigmoid's single column is the second class's probability, and exactly 0.5 is the first class", () => {
  const lines = predictionsTable([[0.5], [0.75]], { labels: sentiments, columns: 50 }).split("\n");
  expect(lines).toEqual([
    "Row 1: Negative  Negative 0.500  Positive 0.500",
    "Row 2: Positive  Negative 0.250  Positive 0.750",
  ]);
});

test("wrong predictions are marked with the right label", async () => {
  const options = { labels: sentiments, name: "Review", actual: [1, 0, 0, 0, 1] };
  const lines = predictionsTable(reviews, options).split("\n");
  expect(lines.map((line) => line.includes("✗ is Negative"))).toEqual([false, false, true, false, false]);
  expect(texts(await plotPredictions(reviews, options))).toContain("actually Negative");
});

test("of many classes the most probable are shown, in their order", async () => {
  const row = [[0.1, 0.4, 0.05, 0.25, 0.2]];
  expect(predictionsTable(row, { top: 2, columns: 40 })).toBe("Row 1: 1  1 0.400 ██▍     3 0.250 █▌");
  const words = texts(await plotProbabilities(row[0], { top: 3 }));
  expect(words.filter((word) => /^0\.\d{3}$/.test(word ?? ""))).toEqual(["0.400", "0.250", "0.200"]);
});

test("bars are drawn to an eighth of a column, in colour only when asked", () => {
  const options = { labels: ["a", "b"], columns: 24 };
  expect(probabilityChart([0.5, 0.5], options).split("\n")[0]).toBe("a 0.500 ████████");
  expect(probabilityChart([1 / 128, 1 - 1 / 128], options).split("\n")[0]).toBe("a 0.008 ▏");
  const colored = probabilityChart([0.5, 0.5], { ...options, color: true });
  expect(colored).toContain("\x1b[34m");
  expect(withoutColor(colored)).toBe(probabilityChart([0.5, 0.5], options));
});

test("wide signs take two columns, so that the numbers after them stay below each other", () => {
  const lines = probabilityChart([0.5, 0.5], { labels: ["良い", "bad"], columns: 40 }).split("\n");
  expect(lines[0].startsWith("良い 0.500")).toBe(true);
  expect(lines[1].startsWith("bad  0.500")).toBe(true);
});

test("a forecast begins where it is said, with its interval as a band", async () => {
  const svg = await plotForecast({
    actual: [1, 2, 3, 4],
    forecast: [[3.5], [4.5]],
    from: 2,
    low: [3, 4],
    high: [4, 5],
  });
  expect(texts(svg)).toContain("forecast and its interval");
  expect(svg).toContain("forecast and its interval from 3.5 to 4.5");
  expect(svg).toContain('fill-opacity="0.18"');
  expect(texts(svg).join(" ")).not.toContain("not a number");
});

test("a forecast after the end makes the axis longer", () => {
  const rows = forecastChart({ actual: [1, 1, 1], forecast: [2, 2] }, { columns: 40 }).split("\n");
  expect(rows[0]).toBe("Forecast and actual");
  expect(rows.at(-3)).toMatch(/└─{25}┬─{8}$/);
  expect(rows.at(-2)).toMatch(/^ +1 +4 forecast +5$/);
  expect(rows[2]).toMatch(/^2\.00 ┤ {20,}\S+( \S){3,}$/); // dashed, on the right
});

test("a model is a box a layer with class, shape and parameters, and an arrow a connection", async () => {
  const svg = await plotModel(sentimentModel);
  for (const word of [
    "embedding (Embedding)",
    "[?, 200, 128]",
    "1,280,000 parameters",
    "bidirectional (Bidirectional(LSTM))",
  ]) {
    expect(texts(svg)).toContain(word);
  }
  expect(texts(svg)).toContain("1,543,425 parameters");
  expect(svg.match(/ rx="5"/g)?.length).toBe(5);
  expect(svg.match(/stroke-width="1\.3"/g)?.length).toBe(4);
});

test("the longest name that Keras gives a layer is written whole, a far longer one is cut", async () => {
  const [first] = sentimentModel.nodes;
  const nodes = [
    { ...first, name: "global_average_pooling1d_1", className: "GlobalAveragePooling1D" },
    { ...sentimentModel.nodes[1], name: "a".repeat(80) },
  ];
  const words = texts(await plotModel({ ...sentimentModel, nodes, edges: [] }));
  expect(words).toContain("global_average_pooling1d_1 (GlobalAveragePooling1D)");
  expect(words.some((word) => /^a{20,70}…$/.test(word ?? ""))).toBe(true);
});

test("in a stack every layer lies below the one before, or to its right", async () => {
  const boxes = (svg: string) =>
    [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)"[^>]*rx="5"/g)].map(([, x, y]) => [+x, +y]);
  const down = boxes(await plotModel(sentimentModel)).map(([, y]) => y);
  const right = boxes(await plotModel(sentimentModel, { direction: "right" })).map(([x]) => x);
  for (const places of [down, right]) expect(places).toEqual([...places].sort((a, b) => a - b));
});

test("no box of a branched model lies on another, and a shared layer is one box with two arrows in", async () => {
  const svg = await plotModel(branchedModel);
  const boxes = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="5"/g)].map(
    ([, ...numbers]) => numbers.map(Number),
  );
  expect(boxes.length).toBe(branchedModel.nodes.length);
  boxes.forEach(([x, y, w, h], i) => {
    for (const [a, b, c, d] of boxes.slice(i + 1))
      expect(x + w <= a || a + c <= x || y + h <= b || b + d <= y).toBe(true);
  });
  expect(svg.match(/stroke-width="1\.3"/g)?.length).toBe(branchedModel.edges.length);
});

test("branches stand in the order of their nodes", async () => {
  const svg = await plotModel(branchedModel);
  const words = texts(svg).filter((word) => /^(left|right|difference|product|same|topic\w+) \(/.test(word ?? ""));
  const x = words.map((word) =>
    Number(new RegExp(`<text x="([\\d.]+)"[^>]*>${word?.replace(/[()]/g, "\\$&")}<`).exec(svg)?.[1]),
  );
  const [left, right, difference, product, same, topic] = x;
  for (const [a, b] of [
    [left, right],
    [difference, product],
    [same, topic],
  ])
    expect(a).toBeLessThan(b);
});

test("a name that means something in XML is only text", async () => {
  const layer = { name: '<script>&"', className: "LSTM", outputShape: [null, 1], params: 1 };
  const svg = await plotModel(layerChain([layer], "</svg>"));
  expect(svg).not.toContain("<script>");
  expect(svg.indexOf("</svg>")).toBe(svg.length - "</svg>".length);
});

type Wrong = [run: () => unknown, error: typeof CellstateError, message: RegExp];
const layer = { name: "a", className: "LSTM", outputShape: [null, 1], params: 1 };
const wrong: Wrong[] = [
  [() => plotConfusionMatrix([[1, 2]]), ShapeError, /confusion matrix \[K, K\], received \[1, 2\]/],
  [() => plotConfusionMatrix([]), ShapeError, /\[K, K\]/],
  [
    () =>
      plotConfusionMatrix([
        [1, -1],
        [0, 1],
      ]),
    DataError,
    /a count at \[0\]\[1\], received -1/,
  ],
  [
    () =>
      plotConfusionMatrix([
        [1, Number.NaN],
        [0, 1],
      ]),
    DataError,
    /received NaN/,
  ],
  [() => plotConfusionMatrix([[1]], { labels: ["a", "b"] }), DataError, /1 labels, one per class, received 2/],
  [() => confusionChart([[1, 2], [3]] as never), ShapeError, /2 entries/],
  [() => predictionsTable([0.5, 0.5]), ShapeError, /\[N, K\][\s\S]*in brackets/],
  [() => predictionsTable([[2, -1]]), DataError, /a probability at \[0\]\[0\], received 2[\s\S]*logits/],
  [() => predictionsTable([[0.5, Number.NaN]]), DataError, /\[0\]\[1\], received NaN/],
  [() => predictionsTable([[0.5, 0.5]], { top: 3 }), DataError, /top to be a whole number from 1 to 2/],
  [() => predictionsTable([[0.5, 0.5]], { actual: [2] }), DataError, /1 actual classes from 0 to 1/],
  [() => predictionsTable([[0.5, 0.5]], { actual: [0, 1] }), DataError, /received 2/],
  [() => plotPredictions([[0.5, 0.5]], { labels: ["a"] }), DataError, /2 labels/],
  [() => probabilityChart([[[0.5]]]), ShapeError, /probabilities/],
  [() => plotProbabilities([0.5, 0.5], { top: 0 }), DataError, /top/],
  [() => plotForecast({ actual: [], forecast: [1] }), DataError, /at least one step/],
  [() => plotForecast({ actual: [1], forecast: [1], from: 2 }), DataError, /from to be a whole number up to 1/],
  [() => plotForecast({ actual: [1], forecast: [1, 2], low: [1, 2] }), DataError, /low and high of 2 steps/],
  [() => forecastChart({ actual: [[1, 2]], forecast: [1] }), DataError, /actual \[T\] or \[T, 1\]/],
  [() => plotModel({ nodes: [], edges: [] }), DataError, /at least one node[\s\S]*model\.graph/],
  [() => plotModel({ nodes: [{ ...layer, id: "a" }], edges: [["a", "b"]] }), DataError, /edges.*"b"/],
  [() => plotModel({ nodes: [0, 1].map(() => ({ ...layer, id: "a" })), edges: [] }), DataError, /"a" twice/],
  [() => plotModel(layerChain([{ ...layer, params: -1 }])), DataError, /params of "0"/],
  [() => plotModel(layerChain([layer]), { direction: "up" as never }), DataError, /direction "down" or "right"/],
  [() => svgToPng("no picture"), FormatError, /text of an SVG file/],
  [() => svgToPng("<svg", { scale: 2 }), FormatError, /SVG that can be drawn/],
  [() => svgToPng("<svg/>", { scale: 0 }), DataError, /scale/],
];

test("what cannot be drawn is refused by name and place", async () => {
  for (const [run, error, message] of wrong) {
    const thrown = await (async () => run())().then(
      () => null,
      (e: unknown) => e,
    );
    expect(thrown, String(message)).toBeInstanceOf(error);
    expect((thrown as Error).message).toMatch(message);
  }
});
