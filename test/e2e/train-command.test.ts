/** `cellstate train`: its options reach the task, Ctrl-C and `--resume` go together, files of every kind are read. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cellstate, run } from "../../src/cli/program.ts";
import { writeNpz } from "../../src/formats/index.ts";
import { loadForecaster, loadLanguageModel, loadModel, loadSequenceClassifier } from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-train-"));
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  process.env.CELLSTATE_BACKEND = "js"; // tiny models; the same everywhere
  process.env.SOURCE_DATE_EPOCH = "1700000000";
  writeFileSync(file("lines.txt"), "the cell remembers the gate\nthe Gate opens slowly\n".repeat(6));
  writeFileSync(file("latin.txt"), Buffer.from("le café\nla clé\n".repeat(3), "latin1"));
  const reviews = Array.from({ length: 24 }, (_, i) => (i % 2 ? "a good film,good" : "a Bad film,bad"));
  writeFileSync(file("reviews.csv"), `review,label\n${reviews.join("\n")}\n`);
  const sales = Array.from({ length: 60 }, (_, i) => 10 + (i % 4) + i / 10);
  writeFileSync(
    file("series.csv"),
    `sales;price\n${sales.map((v, i) => `${`${v}`.replace(".", ",")};${i % 3}`).join("\n")}\n`,
  );
  const column = (of: (i: number) => number) => ({
    data: Float32Array.from({ length: 60 }, (_, i) => of(i)),
    shape: [60],
  });
  writeFileSync(file("series.npz"), await writeNpz({ sales: column((i) => sales[i]), price: column((i) => i % 3) }));
  const x = { data: Float32Array.from({ length: 48 }, (_, i) => i % 5), shape: [12, 4] };
  const y = { data: Int32Array.from({ length: 12 }, (_, i) => i % 2), shape: [12] };
  const lengths = { data: Int32Array.from({ length: 12 }, (_, i) => 2 + (i % 3)), shape: [12] };
  writeFileSync(file("steps.npz"), await writeNpz({ x, y, lengths }));
});
afterAll(() => {
  delete process.env.SOURCE_DATE_EPOCH;
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `cellstate train …`, or another command; `onOutput` receives every word on standard output. */
async function train(line: string, onOutput: (said: string) => void = () => {}, command = ["train"]) {
  let out = "";
  let err = "";
  const screen = {
    out: (text: string) => {
      out += text;
      onOutput(out);
    },
    err: (text: string) => {
      err += text;
    },
    input: async function* () {},
    terminal: false,
    code: 0,
  };
  const words = line.split(" ").map((word) => (/^\w+\.(txt|csv|npz|keras)$/.test(word) ? file(word) : word));
  const code = await run(cellstate(screen), ["node", "cellstate", ...command, ...words], screen);
  return { code, out, err };
}

const done = { code: 0, err: "" };
const layersOf = async (name: string) =>
  (await loadModel(file(name))).layers.map((layer) => ({ kind: layer.className, ...layer.config() }));

test("every knob of a language model reaches it", async () => {
  const words = "--char-level --cell gru --units 4,3 --embedding 5 --dropout 0.1 --recurrent-dropout 0.2 --steps 6";
  const more = "--no-lower --end-token | --oov-token ? --optimizer rmsprop --learning-rate 0.02 --no-shuffle --seed 3";
  expect(await train(`text lines.txt ${words} ${more} --epochs 1 --save t.keras --quiet`)).toMatchObject(done);
  const task = await loadLanguageModel(file("t.keras"));
  expect(task.options).toMatchObject({
    charLevel: true,
    cell: "gru",
    units: [4, 3],
    embedding: 5,
    steps: 6,
    seed: 3,
  });
  expect(task.options).toMatchObject({ dropout: 0.1, recurrentDropout: 0.2, lower: false, endToken: "|" });
  expect(task.reading.tokenizer.wordIndex.has("G")).toBe(true);
  expect(task.model.compiled!.optimizer).toMatchObject({ className: "RMSprop", learningRate: Math.fround(0.02) });
  expect(
    await train("text lines.txt --no-end-token --learning-rate 0.5 --units 2 --epochs 1 --save t.keras -q"),
  ).toMatchObject(done);
  const plain = await loadLanguageModel(file("t.keras"));
  expect(plain.reading.endToken).toBeNull();
  expect(plain.model.compiled!.optimizer).toMatchObject({ className: "Adam", learningRate: 0.5 });
});

test("every knob of a text classifier reaches it", async () => {
  const words =
    "--cell simpleRnn --units 4 --bidirectional --pooling max --dropout 0.1 --recurrent-dropout 0.2 --output-dropout 0.3";
  const more = "--embedding 6 --num-words 5 --length 5 --keep start --output softmax --no-lower --optimizer sgd";
  const fit = "--class-weight bad=1,good=2 --validation-split 0.25 --patience 1 --epochs 2 --batch-size 4";
  expect(await train(`classify reviews.csv ${words} ${more} ${fit} --save c.keras --quiet`)).toMatchObject(done);
  const layers = await layersOf("c.keras");
  expect(layers).toMatchObject([
    { kind: "Embedding", input_dim: 5, output_dim: 6 },
    { kind: "Bidirectional" },
    { kind: "GlobalMaxPooling1D" },
    { kind: "Dropout", rate: 0.3 },
    { kind: "Dense", units: 2, activation: "softmax" },
  ]);
  expect(JSON.stringify(layers[1])).toMatch(/SimpleRNN.*"units":4.*"dropout":0.1,"recurrent_dropout":0.2/);
  expect((await loadModel(file("c.keras"))).compiled!.optimizer.className).toBe("SGD");
});

test("train classify: a bag of pairs beside layers that read forward only", async () => {
  const bag = "--pairs 50 --pair-embedding 3 --embedding-dropout 0.4 --no-bidirectional --pooling last";
  expect(await train(`classify reviews.csv ${bag} --units 2 --epochs 1 --save p.keras --quiet`)).toMatchObject(done);
  const layers = await layersOf("p.keras");
  for (const one of [
    ...[{ kind: "SpatialDropout1D", rate: 0.4 }, { kind: "LSTM" }, { kind: "GlobalAveragePooling1D" }],
    { kind: "Embedding", input_dim: 50, output_dim: 3 },
  ])
    expect(layers).toContainEqual(expect.objectContaining(one));
});

test("every knob of a forecaster reaches it, from csv with decimal commas and from npz", async () => {
  const words =
    "--horizon 2 --window 6 --season 4 --differences 1,4 --targets sales --scaler robust --cell gru --units 3";
  const more =
    "--intervals gaussian --coverage 0.8 --loss mae --logarithm --validation-split 0.2 --patience 3 --epochs 1 --quiet";
  const csv = await train(`forecast series.csv --decimal , ${words} ${more} --save f.keras --columns sales`);
  expect(csv).toMatchObject(done);
  expect((await loadForecaster(file("f.keras"))).learned).toMatchObject({
    ...{ horizon: 2, window: 6, season: 4, differences: [1, 4], names: ["sales"], logarithm: true },
    ...{ intervals: "gaussian", coverage: 0.8 },
  });
  const again = `${file("f.keras")} ${file("series.csv")} --columns sales --decimal ,`;
  expect((await train(`forecast ${again} --csv`, undefined, [])).out).toMatch(
    /^sales,sales low,sales high\n([\d.]+,[\d.]+,[\d.]+\n){2}$/,
  );
  expect((await train(`evaluate ${again} --from 50`, undefined, [])).out).toMatch(/forecasts of 2 steps/);
  const direct = "--strategy direct --differences none --epochs 1 --units 2 --quiet";
  expect(await train(`forecast series.npz --targets price ${direct} --save f.keras`)).toMatchObject(done);
  const { learned } = await loadForecaster(file("f.keras"));
  expect(learned).toMatchObject({ names: ["sales", "price"], targets: [1], differences: [], columns: 2 });
});

test("sequences of unlike lengths come from npz, with the knobs of their classifier", async () => {
  const words = "--cell gru --units 3 --pooling last --length 3 --keep start --scaler minMax --class-weight balanced";
  expect(await train(`sequence steps.npz ${words} --epochs 1 --save s.keras --quiet`)).toMatchObject(done);
  const task = await loadSequenceClassifier(file("s.keras"));
  expect(task.length).toBe(3);
  expect(task.scaler.toJSON()).toMatchObject({ kind: "minMax" });
  expect(task.labels).toEqual([0, 1]);
});

test("another encoding is read when it is named", async () => {
  expect(await train("text latin.txt --encoding latin1 --units 2 --epochs 1 --save l.keras -q")).toMatchObject(done);
  expect((await loadLanguageModel(file("l.keras"))).reading.tokenizer.wordIndex.has("café")).toBe(true);
  const told = await train("l.keras latin.txt --encoding latin1", undefined, ["evaluate"]);
  expect(told).toMatchObject({ code: 0, out: expect.stringMatching(/ 0 unknown/) });
});

test("a log has a line for each epoch, and patience ends training", async () => {
  const words = "--validation-split 0.2 --patience 0 --learning-rate 3 --epochs 50 --units 2 --log log.csv";
  const { code, out } = await train(`text lines.txt ${words} --save p.keras`);
  expect(code).toBe(0);
  const [, epochs] = /stopped after (\d+) epochs/.exec(out) ?? [];
  expect(readFileSync(file("log.csv"), "utf8").trim().split("\r\n")).toHaveLength(1 + Number(epochs));
});

test("Ctrl-C tells the command that resumes, which ends with the bytes of a training left alone", async () => {
  const words = "classify reviews.csv --units 3 --epochs 6 --validation-split 0.25 --dropout 0.3";
  expect((await train(`${words} --save alone.keras`)).code).toBe(0);
  let told = false;
  const stopped = await train(`${words} --save stopped.keras`, (said) => {
    if (told || !said.includes("Epoch 3")) return;
    told = true;
    process.emit("SIGINT");
  });
  expect(stopped.code).toBe(130);
  expect(stopped.out).toMatch(/interrupted in epoch \d after/);
  const [, command] = /to resume: cellstate (train .* --resume)\n/.exec(stopped.err)!;
  expect(existsSync(file("stopped.keras.progress/training.checkpoint"))).toBe(true);

  const other = await train(`${words} --units 4 --save stopped.keras --resume`);
  expect(other.code).toBe(1);
  expect(other.err).toMatch(
    /expected units \[3\], as in the interrupted training, received units \[4\]\.\n.*or leave --resume out to start over/,
  );

  const resumed = await train(command.slice("train ".length));
  expect(resumed.err).toMatch(/resuming the training in .*stopped\.keras\.progress/);
  expect(resumed.out).not.toMatch(/Epoch 1/);
  expect(resumed.code).toBe(0);
  expect(readFileSync(file("stopped.keras")).equals(readFileSync(file("alone.keras")))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith(".progress"))).toEqual([]);
});

test("where the model cannot be saved in the end, what was learned is not lost: it is told how to resume", async () => {
  const words = "classify reviews.csv --units 2 --epochs 4 --validation-split 0.25 --checkpoint 0";
  expect((await train(`${words} --save kept.keras`)).code).toBe(0);
  const failed = await train(`${words} --save lost.keras`, (said) => {
    if (said.includes("Epoch 4") && !existsSync(file("lost.keras"))) mkdirSync(file("lost.keras"));
  });
  expect(failed.code).toBe(1);
  expect(failed.err).toMatch(/\nto resume: cellstate train .*lost\.keras .*--resume\n.*lost\.keras: expected a file/s);
  rmSync(file("lost.keras"), { recursive: true });
  const [, command] = /to resume: cellstate (train .* --resume)\n/.exec(failed.err)!;
  expect((await train(command.slice("train ".length))).code).toBe(0);
  expect(readFileSync(file("lost.keras")).equals(readFileSync(file("kept.keras")))).toBe(true);
});

test("with nothing to resume it starts over and says so; without --resume an interrupted training is given up", async () => {
  const words = "classify reviews.csv --units 2 --epochs 1 --save new.keras --quiet";
  const restarted = await train(`${words} --resume`);
  expect(restarted).toMatchObject({
    code: 0,
    err: expect.stringMatching(/no interrupted training there; starting from the beginning/),
  });
  let told = false;
  await train("classify reviews.csv --units 2 --epochs 4 --save new.keras", (said) => {
    if (told || !said.includes("Epoch 2")) return;
    told = true;
    process.emit("SIGINT");
  });
  expect((await train(words)).err).toMatch(/an interrupted training was there; starting from the beginning/);
  expect(existsSync(file("new.keras.progress"))).toBe(false);
});

test("what another process trains is refused; what one that ended left is not", async () => {
  const words = "classify reviews.csv --units 2 --epochs 1 --quiet --save shared.keras";
  const mark = file("shared.keras.progress/running");
  mkdirSync(file("shared.keras.progress"));
  writeFileSync(mark, `${process.ppid}`); // lives
  writeFileSync(file("shared.keras.progress/training.checkpoint"), "of the other");
  const refused = await train(words);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/--save .*shared\.keras: this model is being trained by process \d+/);
  expect(readFileSync(file("shared.keras.progress/training.checkpoint"), "utf8")).toBe("of the other");
  utimesSync(mark, 1, 1); // long silent: the number is another's now
  expect((await train(words)).err).toMatch(/starting from the beginning/);
  expect(existsSync(file("shared.keras.progress"))).toBe(false);
  mkdirSync(file("shared.keras.progress"));
  writeFileSync(mark, "999999999"); // no process has this number
  expect(await train(words)).toEqual({ ...done, out: "" });
  expect(existsSync(file("shared.keras.progress"))).toBe(false);
});

test("a checkpoint that is damaged, and a place where none can lie, are told with what to do", async () => {
  const words = "classify reviews.csv --units 2 --epochs 1 --quiet --save torn.keras";
  mkdirSync(file("torn.keras.progress"));
  writeFileSync(file("torn.keras.progress/training.checkpoint"), "torn");
  expect((await train(`${words} --resume`)).err).toMatch(
    /a whole training checkpoint.*\n {2}Leave --resume out to start over/,
  );
  expect((await train(words)).code).toBe(0);
  writeFileSync(file("torn.keras.progress"), "a file");
  expect((await train(words)).err).toMatch(/torn\.keras\.progress: expected a folder to write to[\s\S]*another --save/);
});

test("0 is a seed, and gives another model than 1", async () => {
  const loss = async (seed: number) =>
    JSON.parse((await train(`classify reviews.csv --units 2 --epochs 1 --json --save seed.keras --seed ${seed}`)).out)
      .loss;
  expect(await loss(0)).not.toBe(await loss(1));
});

test("--continue trains a saved model further, with its words, classes, columns and optimizer; options of the model are refused", async () => {
  const review = (i: number) => (i % 2 ? "a good film,good,1" : "a Bad film,bad,2");
  writeFileSync(
    file("rated.csv"),
    `opinion,verdict,stars\n${Array.from({ length: 24 }, (_, i) => review(i)).join("\n")}\n`,
  );
  const columns = "--text opinion --label verdict";
  const first = await train(
    `classify ${file("rated.csv")} ${columns} --epochs 2 --units 2 --save ${file("rated.keras")}`,
  );
  expect(first.err).toContain("rated.csv: 24 rows, reads texts of opinion, labels of verdict; leaves out stars\n");
  expect(first.err).toContain("2 classes: bad 12, good 12\n");
  expect(first.err).toContain("4 words known, up to 3 read of a text; trained on 24, none held out for validation\n");
  // No option says the columns again.
  const more = await train(
    `classify ${file("rated.csv")} --continue ${file("rated.keras")} --epochs 3 --learning-rate 0.004 --save ${file("more.keras")}`,
  );
  expect(more.code, more.err).toBe(0);
  expect((await loadModel(file("rated.keras"))).iterations).toBe(6);
  const model = await loadModel(file("more.keras"));
  expect(model.iterations).toBe(6 + 9);
  expect(model.learningRate).toBeCloseTo(0.004);
  const judged = await train(`${file("more.keras")} ${file("rated.csv")}`, undefined, ["evaluate"]);
  expect(judged.out).toMatch(/^accuracy /);
  const refused = await train(`classify ${file("rated.csv")} --continue ${file("rated.keras")} --units 3`);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(
    "--units: expected an option of the training, beside --continue, received one of the model.",
  );
  for (const kind of ["tag", "anomaly"]) {
    const none = await train(`${kind} ${file("rated.csv")} --continue ${file("rated.keras")}`);
    expect(none.code).toBe(1);
    expect(none.err).toContain("--continue: expected a task that can be trained further");
  }
  const other = await train(`text ${file("lines.txt")} --continue ${file("rated.keras")}`);
  expect(other.err).toContain("expected a language model, received a text classifier");
});

test("--continue trains a language model and a sequence classifier further", async () => {
  await train(`text ${file("lines.txt")} --epochs 1 --units 3 --save ${file("first.keras")}`);
  const more = await train(
    `text ${file("lines.txt")} --continue ${file("first.keras")} --epochs 2 --save ${file("next.keras")}`,
  );
  expect(more.code, more.err).toBe(0);
  const steps = async (name: string) => (await loadModel(file(name))).iterations;
  expect(await steps("next.keras")).toBe(3 * (await steps("first.keras")));
  await train(`sequence ${file("steps.npz")} --epochs 1 --units 2 --save ${file("s1.keras")}`);
  const again = await train(
    `sequence ${file("steps.npz")} --continue ${file("s1.keras")} --epochs 2 --save ${file("s2.keras")}`,
  );
  expect(again.code, again.err).toBe(0);
  expect(await steps("s2.keras")).toBe(3 * (await steps("s1.keras")));
});
