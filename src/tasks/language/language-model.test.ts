import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { DataError, FormatError } from "../../errors.ts";
import { loadModel } from "../../formats/load-model.ts";
import { backupAndRestore, type Callback, modelCheckpoint } from "../../train/callbacks/index.ts";
import { languageModel, loadLanguageModel } from "./language-model.ts";
import type { LanguageModelOptions } from "./options.ts";
import { lineBatches } from "./rows.ts";

const lines = ["hello how are you", "hello how is your day", "hello how are your friends", "hello what are you doing"];
const tiny = { units: 12, embedding: 6, dropout: 0, backend: "js", learningRate: 0.03 } as const;
const quiet = { verbose: 0 as const };
const folder = mkdtempSync(join(tmpdir(), "cellstate-language-"));
const trained = async (options: LanguageModelOptions = {}, text: string | string[] = lines, epochs = 40) => {
  const writer = languageModel({ ...tiny, ...options });
  await writer.fit(text, { epochs, batchSize: 4, ...quiet });
  return writer;
};

test("whole lines are learned, completed and ended where they end", async () => {
  const writer = await trained();
  expect(await writer.complete("hello how is")).toBe("hello how is your day");
  expect(await writer.complete("Hello, what", { words: 2 })).toBe("Hello, what are you");
  const [first] = await writer.predict("hello how is", { top: 1 });
  expect(first.token).toBe("your");
  expect(first.probability).toBeGreaterThan(0.5);
  expect(await writer.complete("", { words: 1 })).toBe("hello");
  const onwards: string[] = [];
  for await (const word of writer.generate("hello how is", { words: 12, atEnd: "avoid" })) onwards.push(word);
  expect(onwards).toHaveLength(12);
  expect(onwards).not.toContain("<end>");
});

test("perplexity is e to the mean of −ln p over every next word, ends of lines among them", async () => {
  const writer = await trained({}, lines, 5);
  const text = ["hello how are you", "hello what is your day"];
  let nats = 0;
  let right = 0;
  for (const line of text) {
    const words = [...line.split(" "), "<end>"];
    for (const [k, word] of words.entries()) {
      const all = await writer.predict(words.slice(0, k).join(" "), { top: 100 });
      nats -= Math.log(all.find((next) => next.token === word)!.probability);
      if (all[0].token === word) right++;
    }
  }
  const found = await writer.evaluate(text);
  expect(found.tokens).toBe(11);
  expect(found.loss).toBeCloseTo(nats / 11, 5); // f32
  expect(found.perplexity).toBeCloseTo(Math.exp(nats / 11), 4);
  expect(found.accuracy).toBeCloseTo(right / 11, 6);
  expect(found.unknown).toBe(0);
});

test("a stream's perplexity is that of reading it word by word, and its characters are measured in bits", async () => {
  const writer = await trained({ charLevel: true, steps: 4 }, "abcabcabdabcabc", 8);
  const text = "abcabdab";
  let nats = 0;
  for (let k = 1; k < text.length; k++) {
    const all = await writer.predict(text.slice(0, k), { top: 9 });
    nats -= Math.log(all.find((next) => next.token === text[k])!.probability);
  }
  const found = await writer.evaluate(text);
  expect(found.tokens).toBe(7);
  expect(found.loss).toBeCloseTo(nats / 7, 5); // f32
  expect(found.bitsPerCharacter).toBeCloseTo(nats / 7 / Math.LN2, 5);
});

test("one step on a whole line moves the weights as one on all its prefixes", async () => {
  const options = { ...tiny, optimizer: "sgd", learningRate: undefined, endToken: null } as const;
  const line = ["hello how are you doing"];
  const whole = languageModel({ ...options, scheme: "lines" });
  const prefixes = languageModel({ ...options, scheme: "prefixes", maskZero: true });
  for (const writer of [whole, prefixes]) await writer.fit(line, { epochs: 1, batchSize: 8, ...quiet });
  const [a, b] = [whole.model.getWeights(), prefixes.model.getWeights()];
  a.forEach((w, k) => {
    for (const [i, v] of w.data.entries()) expect(v).toBeCloseTo(b[k].data[i], 6); // f32, sums in another order
  });
});

test("a stream carries its states from window to window, and begins each epoch without any", async () => {
  const text = "one two three four one two three five one two three four one two three five";
  const still = { ...tiny, learningRate: 1e-9 }; // training that changes no weight gives the loss of evaluation
  const writer = languageModel({ ...still, steps: 3 });
  const { history } = await writer.fit(text, { epochs: 2, batchSize: 1, ...quiet });
  const windows = await writer.evaluate(text);
  for (const perplexity of history.perplexity) expect(perplexity).toBeCloseTo(windows.perplexity, 4); // f32
  const whole = languageModel({ ...still, steps: 100 });
  await whole.fit(text, { epochs: 0, batchSize: 1, ...quiet });
  expect((await whole.evaluate(text)).loss).toBeCloseTo(windows.loss, 5);
  const forgetful = (await whole.evaluate(text, { batchSize: 5 })).loss; // rows of 3 words that begin without states
  expect(Math.abs(forgetful - windows.loss)).toBeGreaterThan(1e-4);
});

test("the labs' scheme pads every prefix, and generates from padded prefixes", async () => {
  const writer = await trained({ scheme: "prefixes" });
  expect(writer.model.inputShape).toEqual([null, 4]);
  expect(writer.model.outputShape).toEqual([null, 11]);
  expect(await writer.complete("hello how is", { words: 2 })).toBe("hello how is your day");
  const [best] = await writer.predict("hello how", { top: 1 });
  const p = await writer.model.predict([[0, 0, 1, 2]]);
  const { wordIndex, indexWord } = writer.reading.tokenizer;
  expect([wordIndex.get("hello"), wordIndex.get("how")]).toEqual([1, 2]);
  expect(best).toEqual({ token: indexWord.get(p.argmax().data[0]), probability: Math.max(...p.data) });
});

for (const scheme of ["lines", "stream", "prefixes"] as const)
  test(`${scheme}: a saved model writes the same, continues training, and opens as a model`, async () => {
    const path = join(folder, `${scheme}.keras`);
    const writer = await trained({ scheme, optimizer: "adam", learningRate: undefined, cell: "gru" }, lines, 15);
    const options = { words: 8, temperature: 0.7, topK: 5, seed: 4 };
    const before = await writer.complete("hello", options);
    await writer.save(path);
    const loaded = await loadLanguageModel(path, { backend: "js" });
    expect(await loaded.complete("hello", options)).toBe(before);
    const more = { epochs: 2, batchSize: 2, ...quiet };
    const [a, b] = [await writer.fit(lines, more), await loaded.fit(lines, more)];
    expect(b.history.loss).toEqual(a.history.loss);
    const model = await loadModel(path, { backend: "js" });
    expect(model.inputShape?.[0]).toBeNull(); // any number of rows, also after a stream
  });

test("lines of like length share a batch; every pass has each line once, in an order of its own", () => {
  const rows = Array.from({ length: 50 }, (_, k) =>
    Array.from({ length: 2 + ((7 * k) % 23) }, (_, t) => 100 * k + t + 1),
  );
  const { count, batches } = lineBatches(rows, 16, 8, { shuffle: true, seed: 5 });
  const passes = [0, 1, 0].map((pass) => [...batches(pass)].map(([x, y]) => [x.toArray(), y.toArray()]));
  expect(passes[0]).toHaveLength(count);
  expect(passes[2]).toEqual(passes[0]);
  expect(passes[1]).not.toEqual(passes[0]);
  for (const pass of passes) {
    const targets = (pass as number[][][][]).flatMap(([, y]) => y.flat()).filter((id) => id > 0);
    expect(targets.sort((a, b) => a - b)).toEqual(rows.flatMap((row) => row.slice(1)));
    const steps = (pass as number[][][][]).reduce((n, [x]) => n + x.length * x[0].length, 0);
    expect(steps).toBeLessThan(1.6 * targets.length); // rounded widths: at most half as much again, and mixed batches
  }
  const once = lineBatches(rows, 16, 8, { shuffle: "once", seed: 5 });
  for (const pass of [0, 1]) expect([...once.batches(pass)]).toEqual([...batches(0)]);
  const [[x, y]] = lineBatches([[1, 2, 3, 4]], 2, 8, null).batches(0);
  expect([x.toArray(), y.toArray()]).toEqual([
    [
      [1, 2, 0, 0],
      [3, 0, 0, 0],
    ],
    [
      [2, 3, 0, 0],
      [4, 0, 0, 0],
    ],
  ]);
});

for (const text of [lines, lines.join("\n")])
  test(`training of ${typeof text === "string" ? "a stream" : "lines"} that was interrupted amid an epoch continues bit for bit`, async () => {
    const backup = mkdtempSync(join(folder, "backup-"));
    const make = () => languageModel({ ...tiny, steps: 3, dropout: 0.1 });
    const options = { epochs: 3, batchSize: 2, ...quiet };
    const whole = make();
    await whole.fit(text, options);
    const stop = new AbortController();
    const steps: Callback = { onTrainBatchEnd: (_, __, { steps }) => void (steps === 3 && stop.abort()) };
    const saved = () => backupAndRestore(backup, { saveFreq: 1 });
    const { stopped } = await make().fit(text, { ...options, callbacks: [saved(), steps], signal: stop.signal });
    expect(stopped).toBe(true);
    const resumed = make();
    await resumed.fit(text, { ...options, callbacks: [saved(), { onTrainBatchEnd: () => {} }] });
    expect(resumed.model.getWeights().map((w) => w.data)).toEqual(whole.model.getWeights().map((w) => w.data));
  });

test("checkpoints on the way are language models with the weights of their epoch", async () => {
  for (const text of [lines, lines.join("\n")]) {
    const path = join(folder, "checkpoint.keras");
    const writer = languageModel({ ...tiny, steps: 3 });
    await writer.fit(text, { epochs: 3, batchSize: 2, callbacks: [modelCheckpoint(path)], ...quiet });
    const loaded = await loadLanguageModel(path, { backend: "js" });
    expect(await loaded.evaluate(lines)).toEqual(await writer.evaluate(lines));
    expect(loaded.model.iterations).toBe(writer.model.iterations);
    expect(loaded.model.compiled!.objectives[0].metrics.map((m) => m.name)).toEqual(["accuracy"]); // which Keras knows
  }
});

test("drawing follows the seed; stop words end the text and avoided ones never come; beams search", async () => {
  const writer = await trained();
  const drawn = (seed: number) => writer.complete("hello", { words: 20, temperature: 3, atEnd: "avoid", seed });
  expect(await drawn(1)).toBe(await drawn(1));
  expect(await drawn(1)).not.toBe(await drawn(2));
  expect(await writer.complete("hello how is", { stop: ["Day"] })).toBe("hello how is your");
  expect(await writer.complete("hello how is", { avoid: ["your"], words: 3 })).not.toMatch(/your/);
  expect(await writer.complete("hello how is", { beams: 1 })).toBe("hello how is your day");
  expect(await writer.complete("hello how is", { beams: 3 })).toBe("hello how is your day");
  await expect(writer.complete("hello", { beams: 2, temperature: 1 })).rejects.toThrow(
    /beams cannot be combined with temperature/,
  );
  await expect(writer.complete("hello", { stop: ["dey"] })).rejects.toThrow(/"day"/);
});

test("options of generation are checked before a word is written, by the names that were given", async () => {
  const writer = await trained({}, lines, 1);
  const every = [...writer.reading.tokenizer.wordIndex.keys()].filter((word) => word !== "<end>");
  const wrong: [options: unknown, words: RegExp][] = [
    [{ words: -1 }, /words: a whole number of 0 or more, received -1/],
    [{ beams: 0 }, /beams: a whole number of 1 or more, or null, received 0/],
    [{ beams: 1.5 }, /beams: .* received 1\.5/],
    [{ lengthPenalty: 2 }, /beams beside lengthPenalty, received none/],
    [{ atEnd: "go on" }, /atEnd: one of "stop", "avoid", received "go on"/],
    [{ stop: "day" }, /stop: a list of words, received "day"/],
    [{ temprature: 1 }, /mean "temperature"/],
    [{ avoid: every, atEnd: "avoid" }, /an id that is not banned/],
    [{ avoid: every, atEnd: "avoid", beams: 2 }, /an id that is not banned/],
    [null, /options in braces, received null/],
  ];
  for (const [options, words] of wrong) {
    const text = writer.complete("hello", options as never);
    await expect(text, JSON.stringify(options)).rejects.toThrow(words);
    await expect(text).rejects.toThrow(DataError);
  }
  expect(await writer.complete("hello", { words: 0, beams: 2 })).toBe("hello");
  await expect(writer.fit(lines, { epoch: 3 } as never)).rejects.toThrow(/mean "epochs"/);
});

for (const text of [lines, lines.join("\n")])
  test(`beside a fit of ${typeof text === "string" ? "a stream" : "lines"}, fit and evaluate wait in turn; in its callbacks they run at once`, async () => {
    const options = { epochs: 2, batchSize: 2, ...quiet };
    const make = () => languageModel({ ...tiny, steps: 3 });
    const [alone, writer] = [make(), make()];
    await alone.fit(text, options);
    const first = await alone.evaluate(text, { batchSize: 2 });
    await alone.fit(text, { ...options, epochs: 1 });
    const [, after] = await Promise.all([writer.fit(text, options), writer.evaluate(text, { batchSize: 2 })]);
    expect(after).toEqual(first);
    const found: number[][] = [];
    const onEpochEnd = async () => {
      const pair = await Promise.all([writer.evaluate(lines), writer.evaluate(lines)]);
      found.push(pair.map(({ loss }) => loss));
    };
    await Promise.all([
      writer.fit(text, { ...options, epochs: 1, callbacks: [{ onEpochEnd }] }),
      expect(writer.evaluate([])).rejects.toThrow(DataError), // holds up nobody
    ]);
    const { loss } = await writer.evaluate(lines);
    expect(found).toEqual([[loss, loss]]);
    expect((await alone.evaluate(lines)).loss).toBe(loss);
  });

test("a fit that fails before its first step leaves no model, and the next text decides which tokens there are", async () => {
  const writer = languageModel(tiny);
  await expect(writer.fit(lines, { ...quiet, validationSplit: 2 })).rejects.toThrow(/validationSplit/);
  expect(() => writer.model).toThrow(/a trained model/);
  await writer.fit(["one two three"], { ...quiet, epochs: 1 });
  expect(writer.reading.tokenizer.wordIndex.has("two")).toBe(true);
});

test("an end token is kept as the tokenizer writes it, and one that numWords cuts off is refused", async () => {
  const writer = await trained({ endToken: "<EOS>" });
  expect(await writer.complete("hello how is")).toBe("hello how is your day");
  expect((await writer.evaluate(lines)).tokens).toBe(23); // 19 words and four ends
  const few = languageModel({ ...tiny, numWords: 3 });
  await expect(few.fit("a b a b a c", quiet)).rejects.toThrow(/the 2 words that numWords keeps.* comes 1 times/);
});

test("the model may be compiled again: training continues with the other optimizer", async () => {
  const writer = await trained({}, lines, 5);
  const before = await writer.complete("hello");
  writer.model.compile({
    optimizer: "sgd",
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend: "js",
  });
  expect(await writer.complete("hello")).toBe(before);
  await writer.fit(lines, { epochs: 1, batchSize: 4, ...quiet });
  expect(writer.model.optimizerState).toEqual({ iterations: 1, slots: [] }); // sgd keeps nothing, adam two vectors
});

for (const scheme of thorough ? (["lines", "prefixes"] as const) : (["prefixes"] as const))
  test(`${scheme}: two texts are written at the same time without mixing`, async () => {
    const writer = await trained({ scheme });
    const [a, b] = [writer.generate("hello how is"), writer.generate("hello what")];
    const mixed = [(await a.next()).value, (await b.next()).value, (await a.next()).value, (await b.next()).value];
    expect(mixed).toEqual(["your", "are", "day", "you"]);
    const drawn = [1, 2, 3].map((seed) => () => writer.complete("hello", { words: 9, temperature: 3, seed }));
    const together = await Promise.all(drawn.map((write) => write()));
    for (const [k, write] of drawn.entries()) expect(await write()).toBe(together[k]);
    expect(await Promise.all([writer.evaluate(lines), writer.evaluate(lines)])).toHaveLength(2);
  });

test("unknown words of a prompt are told and left out, or read as the oov token, which is never said", async () => {
  const said: string[] = [];
  const warn = (message: string) => void said.push(message);
  const writer = await trained();
  expect(await writer.complete("hello zyx how is", { warn, words: 1 })).toBe("hello zyx how is your");
  expect(said).toEqual(['languageModel.generate: unknown and left out: "zyx"']);
  await expect(writer.complete("zyx", { warn })).rejects.toThrow(/only unknown words: "zyx"/);
  await expect(writer.evaluate(["zyx wvu", "zyx"])).rejects.toThrow(/a word that the model knows, received 3 unknown/);
  const withOov = await trained({ oovToken: "<unk>", numWords: 8 }, lines, 10);
  expect(await withOov.complete("friends how", { warn, words: 3, atEnd: "avoid" })).not.toMatch(/<unk>/);
  expect(said.at(-1)).toBe('languageModel.generate: unknown and read as <unk>: "friends"');
  expect((await withOov.evaluate(lines)).unknown).toBeGreaterThan(0);
});

test("an oov token that the text itself has, such as the treebank's <unk>, is one word with the unknown ones", async () => {
  const text = ["the <unk> cell", "the <unk> gate", "a cell"];
  const writer = await trained({ oovToken: "<unk>", filters: "" }, text, 3);
  expect(await writer.complete("the", { words: 4 })).not.toMatch(/<unk>| {2}/); // nor the id 1, which has no word here
  expect((await writer.evaluate(["the zebra cell"])).unknown).toBe(1);
});

test("characters beyond the basic plane are one token each, and lines of characters end", async () => {
  const writer = await trained({ charLevel: true }, ["🙂🙃x", "𝒜🙂y"]);
  expect(writer.reading.tokenizer.wordIndex.has("🙃")).toBe(true);
  expect(await writer.complete("🙂")).toBe("🙂🙃x");
  expect(await writer.complete("𝒜")).toBe("𝒜🙂y");
});

test("validation text is evaluated after each epoch, of lines and of streams", async () => {
  for (const text of [lines, lines.join("\n")]) {
    const writer = languageModel({ ...tiny, steps: 3 });
    const options = { epochs: 2, batchSize: 1, ...quiet };
    const { history } = await writer.fit(text, { ...options, validationData: lines.slice(0, 2) });
    expect(history.val_perplexity).toHaveLength(2);
    const found = await writer.evaluate(lines.slice(0, 2));
    expect(history.val_perplexity[1]).toBeCloseTo(found.perplexity, 4); // f32
  }
});

test("texts without words, models that have read nothing and foreign files are told plainly", async () => {
  const writer = languageModel(tiny);
  for (const text of ["", "  \n ", [], ["?!"]]) await expect(writer.fit(text, quiet)).rejects.toThrow(/a word in it/);
  await expect(writer.fit([3] as never, quiet)).rejects.toThrow(/number in line 0/);
  await expect(languageModel({ ...tiny, endToken: null }).fit(["one"], quiet)).rejects.toThrow(/two known tokens/);
  expect(() => writer.model).toThrow(/a trained model/);
  await expect(writer.complete("hello")).rejects.toThrow(DataError);
  await expect(writer.save(join(folder, "none.keras"))).rejects.toThrow(/fit\(lines\)/);
  expect(() => languageModel({ unit: 3 } as never)).toThrow(/"units"/);
  expect(() => languageModel({ dropout: 1 })).toThrow(DataError);
  expect(() => languageModel({ optimizer: "sgd", learningRate: 1 })).toThrow(
    /own learning rate, received learningRate/,
  );
  for (const text of [lines, lines.join("\n")])
    await expect(languageModel({ ...tiny, maskZero: true }).fit(text, quiet)).rejects.toThrow(
      /maskZero with scheme: "pre/,
    );
  const ready = await trained({}, lines, 1);
  await expect(ready.save(join(folder, "model.h5"))).rejects.toThrow(/\.keras/);
  await expect(ready.predict("hello", { top: 0 })).rejects.toThrow(DataError);
  await ready.model.save(join(folder, "alone.keras"));
  await expect(loadLanguageModel(join(folder, "alone.keras"))).rejects.toThrow(FormatError);
});

test("words that a trained model has never seen are counted when it is trained on", async () => {
  const task = languageModel({ units: 2, embedding: 2, backend: "js" });
  let said = "";
  const write = (text: string) => {
    said += text;
  };
  await task.fit(["the cell opens", "the gate opens"], { epochs: 1, verbose: 2, write });
  expect(said).not.toMatch(/unknown/);
  await task.fit(["the zebra opens", "the gate sleeps"], { epochs: 1, verbose: 2, write });
  expect(said).toMatch(/2 tokens unknown to the model left out: it keeps the vocabulary of its first training/);
});

test("prefixes of a very long line are bounded, and that is said", async () => {
  const task = languageModel({ scheme: "prefixes", units: 1, embedding: 1, backend: "js" });
  const line = Array.from({ length: 9000 }, (_, t) => `w${t % 5}`).join(" ");
  let said = "";
  const stop = new AbortController();
  await task.fit([line], {
    epochs: 1,
    verbose: 2,
    batchSize: 256,
    signal: stop.signal,
    write: (text) => {
      said += text;
      stop.abort();
    },
  });
  expect(said).toMatch(/lines of up to 8999 tokens: each next one is learned from the 200 before it \(steps\)/);
  expect(task.model.inputShape).toEqual([null, 200]);
});

test("lines of a Windows file, cut at their line feeds, have words without carriage returns", async () => {
  const task = languageModel({ units: 2, embedding: 2, backend: "js" });
  await task.fit(["the cell\r", "the\u00a0gate\r\n"], { epochs: 1, verbose: 0 });
  expect([...task.reading.tokenizer.wordIndex.keys()].sort()).toEqual(["<end>", "cell", "gate", "the"]);
});
