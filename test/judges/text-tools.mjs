/** Keras's Tokenizer, pad_sequences, TimeseriesGenerator, timeseries_dataset_from_array and TextVectorization beside ours. */
import { random } from "./random.mjs";

export const about = "tools for texts and series beside Keras's";
export const script = "text_tools.py";
export const listed = [/timeseriesWindows: expected at least \d+ rows for one window/]; // Keras gives no windows at all

export async function* sweep({ seeds, ask, cellstate, verbose }) {
  for (const seed of seeds) {
    const r = random(seed);
    const kind = r.pick(Object.keys(tools));
    const { request, ours, cells } = tools[kind](r, cellstate);
    if (verbose) console.log(JSON.stringify(request));
    const wanted = await ask(request).catch((error) => error);
    if (wanted instanceof Error) {
      yield { seed, kind, result: "none", why: wanted.message.slice(0, 200) };
      continue;
    }
    let found;
    try {
      found = JSON.parse(JSON.stringify(ours()));
    } catch (error) {
      const refused = error instanceof cellstate.CellstateError;
      yield { seed, kind, cells, result: refused ? "refused" : "wrong", why: `${error.name}: ${error.message}` };
      continue;
    }
    if (kind === "Tokenizer") for (const said of [found, wanted]) said.json = inOneOrder(said.json);
    const why = difference(found, wanted);
    yield { seed, kind, cells, result: why ? "wrong" : "right", ...(why ? { why } : {}) };
  }
}

const tools = { Tokenizer, padSequences, timeseriesGenerator, timeseriesWindows, textVectorization };

const words = ["the", "cat", "Cat", "sat", "it's", "well-known", "ÉTÉ", "été", "Σίσυφος", "ΟΔΟΣ", "ß", "3,000", "a"];
const odd = [
  "!",
  "--",
  "'",
  "naïve",
  "日本",
  "日本語",
  "😀",
  "👍🏽",
  "e\u0301",
  "İ",
  "ﬁ",
  "<OOV>",
  "[UNK]",
  "$5",
  "\\",
  "x\u001fy",
];
const spaces = [
  " ",
  " ",
  " ",
  " ",
  "  ",
  "\t",
  "\n",
  "\r\n",
  "\v",
  "\f",
  "\u00a0",
  "\u2028",
  "\u3000",
  "\u0085",
  "\ufeff",
];

/** A text of so many words at most, some of them strange, between blanks of every kind; sometimes none. */
function text(r, most = 8) {
  const count = r.chance(0.1) ? 0 : r.integer(1, most);
  const parts = Array.from({ length: count }, () => (r.chance(0.8) ? r.pick(words) : r.pick(odd)) + r.pick(spaces));
  return (r.chance(0.2) ? r.pick(spaces) : "") + (r.chance(0.5) ? parts.join("").trimEnd() : parts.join(""));
}
const list = (r, from, to, make) => Array.from({ length: r.integer(from, to) }, make);
const some = (r, options) => Object.fromEntries(Object.entries(options).filter(() => r.chance(0.5)));
const names = (options) => Object.keys(options).map((name) => `${name}`);

function Tokenizer(r, { Tokenizer }) {
  const given = some(r, {
    numWords: r.integer(2, 12),
    oovToken: r.pick(["<OOV>", "the", "[unk]"]),
    lower: r.chance(0.5),
    charLevel: r.chance(0.5),
    filters: r.pick(["", "-'", "!?.", "\t\n\r"]),
    split: r.pick([" ", "-", "at", "\t"]),
  });
  const texts = list(r, 1, 6, () => (r.chance(0.15) ? list(r, 0, 4, () => r.pick([...words, ...odd])) : text(r)));
  const others = list(r, 1, 4, () => text(r));
  const sequences = list(r, 0, 3, () => list(r, 0, 6, () => r.integer(0, 14)));
  const { numWords: num_words, oovToken: oov_token, charLevel: char_level, ...same } = given;
  const options = JSON.parse(JSON.stringify({ num_words, oov_token, char_level, ...same }));
  const byKey = (map) => [...map].sort(([a], [b]) => compare(a, b));
  return {
    request: { tool: "tokenizer", options, texts, others, sequences },
    cells: names(given).map((name) => `Tokenizer / ${name}`),
    ours() {
      const t = new Tokenizer(given);
      t.fitOnTexts(texts);
      t.fitOnSequences(sequences);
      const ids = t.textsToSequences(others);
      return {
        wordIndex: [...t.wordIndex],
        wordCounts: [...t.wordCounts],
        wordDocs: byKey(t.wordDocs),
        indexDocs: byKey(t.indexDocs),
        ids,
        texts: t.sequencesToTexts([...ids, ...sequences]),
        matrices: ["binary", "count", "freq", "tfidf"].map((mode) => t.textsToMatrix(others, mode).toArray()),
        json: t.toJson(),
      };
    },
  };
}

function padSequences(r, { padSequences }) {
  const width = r.pick([0, 0, 0, 1, 3]); // of vectors
  const whole = r.chance(0.6);
  const number = () => (whole ? r.integer(-9, 99) : r.floats(1, -5, 5)[0]);
  const rows = list(r, 1, 6, () => list(r, 0, 7, () => (width > 0 ? Array.from({ length: width }, number) : number())));
  const given = some(r, {
    maxLen: r.integer(1, 9),
    padding: r.pick(["pre", "post"]),
    truncating: r.pick(["pre", "post"]),
    value: r.integer(-3, 3),
  });
  const { maxLen: maxlen, ...same } = given;
  const options = JSON.parse(JSON.stringify({ maxlen, ...same, dtype: whole ? "int32" : "float32" }));
  return {
    request: { tool: "pad", rows, options },
    cells: [...names(given), whole ? "i32" : "f32", width > 0 ? "vectors" : "numbers"].map(
      (c) => `padSequences / ${c}`,
    ),
    ours: () => padSequences(rows, { ...given, dtype: whole ? "i32" : "f32" }).toArray(),
  };
}

/** Rows of numbers, some of which f32 cannot tell apart. */
function series(r, rows) {
  const level = r.pick([0, 0, 1e9, 1700000000]);
  const one = () => level + r.integer(0, 50) + (r.chance(0.3) ? 0.5 : 0);
  return r.chance(0.5) ? Array.from({ length: rows }, one) : Array.from({ length: rows }, () => [one(), one()]);
}

function timeseriesGenerator(r, { timeseriesGenerator }) {
  const rows = r.integer(4, 24);
  const [data, targets] = [series(r, rows), series(r, rows)];
  const length = r.integer(1, 7);
  const given = some(r, {
    samplingRate: r.integer(1, 3),
    stride: r.integer(1, 4),
    startIndex: r.integer(0, 5),
    endIndex: r.integer(Math.floor(rows / 2), rows - 1),
    reverse: r.chance(0.5),
    batchSize: r.integer(1, 9),
  });
  const { samplingRate, startIndex, endIndex, batchSize, ...same } = given;
  const renamed = { sampling_rate: samplingRate, start_index: startIndex, end_index: endIndex, batch_size: batchSize };
  return {
    request: { tool: "generator", data, targets, options: JSON.parse(JSON.stringify({ length, ...same, ...renamed })) },
    cells: names(given).map((name) => `timeseriesGenerator / ${name}`),
    ours: () =>
      Array.from(timeseriesGenerator(data, targets, { length, ...given }), ({ x, y }) => [x.toArray(), y.toArray()]),
  };
}

function timeseriesWindows(r, { timeseriesWindows }) {
  const rows = r.integer(4, 24);
  const data = series(r, rows);
  const targets = r.chance(0.3) ? null : series(r, r.chance(0.5) ? rows : r.integer(2, rows));
  const given = some(r, {
    sequenceStride: r.integer(1, 4),
    samplingRate: r.integer(1, 3),
    startIndex: r.integer(0, 3),
    endIndex: r.integer(Math.floor(rows / 2), rows),
  });
  const sequenceLength = r.integer(1, 6);
  const { sequenceStride, samplingRate, startIndex, endIndex } = given;
  const renamed = { sequence_stride: sequenceStride, sampling_rate: samplingRate };
  const options = { sequence_length: sequenceLength, ...renamed, start_index: startIndex, end_index: endIndex };
  return {
    request: { tool: "windows", data, targets, options: JSON.parse(JSON.stringify(options)) },
    cells: [...names(given), targets === null ? "no targets" : "targets"].map((name) => `timeseriesWindows / ${name}`),
    ours() {
      const { x, y } = timeseriesWindows(data, targets, { sequenceLength, ...given });
      return { x: x.toArray(), y: targets === null ? null : y.toArray() };
    },
  };
}

function textVectorization(r, { textVectorization }) {
  const [standards, splits] = [
    { lowerAndStripPunctuation: "lower_and_strip_punctuation", lower: "lower", stripPunctuation: "strip_punctuation" },
    { whitespace: "whitespace", character: "character" },
  ];
  const outputMode = r.pick(["int", "int", "multiHot", "count", "tfIdf"]);
  const own = r.chance(0.25)
    ? list(r, 1, 8, () => r.pick([...words, ...odd])).filter(
        (word, i, all) => word !== "[UNK]" && all.indexOf(word) === i,
      )
    : null;
  const given = {
    ...some(r, {
      standardize: r.pick([...Object.keys(standards), null]),
      split: r.pick([...Object.keys(splits), null]),
      ngrams: r.pick([1, 2, 3, [2], [1, 3], [3, 2]]),
      maxTokens: r.integer(own ? own.length + 2 : 3, 14),
    }),
    ...(outputMode === "int" && r.chance(0.4) ? { outputSequenceLength: r.integer(1, 9) } : {}),
    ...(own ? { vocabulary: own } : {}),
    ...(own && outputMode === "tfIdf" ? { idfWeights: own.map(() => r.floats(1, 0.1, 3)[0]) } : {}),
  };
  if (given.maxTokens && outputMode !== "int" && r.chance(0.5)) given.padToMaxTokens = true;
  const { standardize, split, maxTokens, outputSequenceLength, padToMaxTokens, idfWeights, ...same } = given;
  const options = JSON.parse(
    JSON.stringify({
      ...same,
      ...("standardize" in given ? { standardize: standards[standardize] ?? null } : {}),
      ...("split" in given ? { split: splits[split] ?? null } : {}),
      max_tokens: maxTokens,
      output_sequence_length: outputSequenceLength,
      pad_to_max_tokens: padToMaxTokens,
      idf_weights: idfWeights,
      output_mode: { int: "int", multiHot: "multi_hot", count: "count", tfIdf: "tf_idf" }[outputMode],
    }),
  );
  const adapted = own ? null : list(r, 1, 6, () => text(r));
  const texts = list(r, 1, 4, () => text(r));
  return {
    request: { tool: "vectorization", options, adapted, texts },
    cells: [outputMode, ...names(given)].map((name) => `textVectorization / ${name}`),
    ours() {
      const layer = textVectorization({ ...given, outputMode });
      if (adapted) layer.adapt(adapted);
      const rows = layer.encode(texts);
      return { vocabulary: layer.vocabulary(), shape: rows.shape, rows: rows.toArray() };
    },
  };
}

/** A tokenizer's JSON with the counts of documents sorted: Keras writes them as its sets happen to lie. */
function inOneOrder(json) {
  const { class_name, config } = JSON.parse(json);
  for (const name of ["word_docs", "index_docs"])
    config[name] = Object.entries(JSON.parse(config[name])).sort(([a], [b]) => compare(a, b));
  return { class_name, config };
}

/** Python sorts words by code point. */
const compare = (a, b) => {
  if (typeof a === "number") return a - b;
  const [x, y] = [[...a].map((c) => c.codePointAt(0)), [...b].map((c) => c.codePointAt(0))];
  const at = x.findIndex((v, i) => v !== y[i]);
  return at < 0 ? x.length - y.length : (x[at] ?? -1) - (y[at] ?? -1);
};

/** Where two values differ, in words; null where they do not. Numbers to a part in a million: weights are f32. */
function difference(found, wanted, path = "") {
  if (typeof found === "number" && typeof wanted === "number") {
    const near =
      Math.abs(found - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)) && (Math.abs(wanted) < 1e6 || found === wanted);
    return near ? null : `${path}: ${found} for ${wanted}`;
  }
  if (Array.isArray(found) && Array.isArray(wanted) && found.length === wanted.length) {
    for (const [i, v] of found.entries()) {
      const why = difference(v, wanted[i], `${path}[${i}]`);
      if (why) return why;
    }
    return null;
  }
  const isRecord = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
  if (isRecord(found) && isRecord(wanted)) {
    for (const key of Object.keys(wanted)) {
      const why = difference(found[key], wanted[key], `${path}.${key}`);
      if (why) return why;
    }
    return null;
  }
  return found === wanted ? null : `${path}: ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`.slice(0, 300);
}
