import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { beforeAll, expect, test } from "vitest";
import { demoCommand } from "../../src/cli/commands/demo.ts";
import { cellstate, run } from "../../src/cli/program.ts";
import { writeNpz } from "../../src/formats/index.ts";
import { thorough } from "../thorough.ts";
import { placeProjects, speaker, trainModels } from "./say.ts";

const here = speaker("cli");
const { file, say, sayTo } = here;

beforeAll(() => trainModels(here));

test("training says each epoch and where the model is, and leaves a history that plot draws", async () => {
  const words = ["--epochs", "2", "--units", "4", "--save", "w.keras", "--history", "w.csv"];
  const { code, out } = await say("train", "text", "lines.txt", ...words);
  expect(code).toBe(0);
  expect(out).toMatch(/trained after 2 epochs in .*w\.keras/);
  expect((await say("plot", "w.csv", "--out", "w.svg")).code).toBe(0);
  expect(readFileSync(file("w.svg"), "utf8")).toMatch(/^<svg/);
});

test("Ctrl-C ends training after the step under way, saves the model and ends with 130", async () => {
  let printed = "";
  const screen = {
    out: (text: string) => {
      const first = printed !== "" && !printed.includes("Epoch 2"); // an epoch is over
      printed += text;
      if (first && printed.includes("Epoch 2")) process.emit("SIGINT");
    },
    err: () => {},
    input: async function* () {},
    terminal: false,
    code: 0,
  };
  const placed = [
    "train",
    "text",
    file("lines.txt"),
    "--epochs",
    "5000",
    "--units",
    "4",
    "--save",
    file("stopped.keras"),
  ];
  expect(await run(cellstate(screen), ["node", "cellstate", ...placed], screen)).toBe(130);
  expect(printed).toMatch(/interrupted in epoch \d+ after/);
  expect((await say("summary", "stopped.keras")).out).toMatch(/^languageModel/);
});

test("the same seed trains the same model, another seed another", async () => {
  const train = async (seed: string) => {
    const words = ["--epochs", "1", "--units", "4", "--json", "--save", "s.keras", "--seed", seed];
    return JSON.parse((await say("train", "classify", "reviews.csv", ...words)).out).loss;
  };
  expect(await train("3")).toBe(await train("3"));
  expect(await train("3")).not.toBe(await train("4"));
});

test("predict takes an argument, a file, or standard input line by line", async () => {
  const one = JSON.parse((await say("predict", "sentiment.keras", "a good film", "--json")).out);
  expect(["good", "bad"]).toContain(one.label);
  expect((await say("predict", "sentiment.keras", "--file", "reviews.csv")).out.split("\n")).toHaveLength(13);
  const piped = await sayTo(["a good film", "", "a bad film"], "predict", "sentiment.keras", "--quiet");
  expect(piped.out).toMatch(/^(good|bad)\n(good|bad)\n$/);
  const dash = await sayTo(["a good film", "a bad film"], "predict", "sentiment.keras", "-", "--quiet");
  expect(dash).toEqual(piped);
  expect((await say("predict", "writer.keras", "the", "--top", "2")).out).toMatch(/^the …\n {2}\S+ .*\n {2}\S+ .*\n$/);
  const steps = await say("predict", "speaker.keras", "--file", "steps.csv", "--group", "id", "--quiet");
  expect(steps.out).toMatch(/^((up|down)\n){12}$/);
});

test("generate continues a prompt, the same words for the same seed; a conversation continues after an unknown word", async () => {
  const words = ["generate", "writer.keras", "the cell", "--words", "3", "--temperature", "1", "--seed", "2"];
  const first = await say(...words);
  expect(first.out).toMatch(/^the cell/);
  expect(await say(...words)).toEqual(first);
  const { tokens } = JSON.parse((await say(...words, "--json")).out);
  expect(first.out).toBe(`${["the cell", ...tokens].join(" ")}\n`);
  const talk = await sayTo(["zebra", "the gate"], "generate", "writer.keras", "--interactive", "--words", "1");
  expect(talk.code).toBe(0);
  expect(talk.out).toMatch(/the gate.*\n$/);
});

test("evaluate says how good each kind of model is", async () => {
  expect((await say("evaluate", "sentiment.keras", "reviews.csv")).out).toMatch(/accuracy .* %, loss /);
  expect((await say("evaluate", "writer.keras", "lines.txt")).out).toMatch(/perplexity \d+\.\d+/);
  expect((await say("evaluate", "speaker.keras", "steps.csv", "--group", "id")).out).toMatch(/accuracy/);
  const report = await say("evaluate", "sales.keras", "series.csv", "--from", "36", "--json");
  expect(JSON.parse(report.out)).toHaveProperty("baselines");
});

test("forecast prints a table, csv or JSON, and draws a chart", async () => {
  const table = await say("forecast", "sales.keras", "series.csv", "--chart", "chart.svg");
  expect(table.out).toMatch(/step .*forecast .*naive/);
  expect(readFileSync(file("chart.svg"), "utf8")).toMatch(/^<svg/);
  expect((await say("forecast", "sales.keras", "series.csv", "--csv")).out).toMatch(/^sales\n([\d.]+\n){3}$/);
  expect(JSON.parse((await say("forecast", "sales.keras", "series.csv", "--json")).out).values).toHaveLength(3);
});

test("plot lays forecasts over each other and over the series, by their dates or after its end", async () => {
  const drawn = await say("plot", "week.csv", "other.csv", "--series", "series.csv", "--out", "both.svg");
  expect(drawn, drawn.err).toMatchObject({ code: 0 });
  expect(readFileSync(file("both.svg"), "utf8")).toMatch(/actual[\s\S]*week[\s\S]*other/);
  const month = (m: number) => `2024-${String(m).padStart(2, "0")}`;
  const csv = (from: number, to: number) =>
    `month,sales\n${Array.from({ length: to - from }, (_, i) => `${month(from + i)},${10 + i}`).join("\n")}\n`;
  writeFileSync(file("months.csv"), csv(1, 10));
  writeFileSync(file("early.csv"), csv(7, 10));
  writeFileSync(file("late.csv"), csv(10, 13));
  const dated = await say("plot", "early.csv", "late.csv", "--series", "months.csv", "--out", "dated.svg");
  expect(dated, dated.err).toMatchObject({ code: 0 });
  expect(readFileSync(file("dated.svg"), "utf8")).toContain("Date");
  const none = await say("plot", "week.csv", "other.csv", "--target", "price", "--out", "x.svg");
  expect(none.err).toContain('week.csv: expected a column "price", received sales.');
  expect((await say("plot", "week.csv", "sales.keras", "--out", "x.svg")).err).toContain(
    "expected a CSV file, as the others are",
  );
});

test("summary says whose model it is, and its layers", async () => {
  expect((await say("summary", "writer.keras")).out).toMatch(/^languageModel\n[\s\S]*Total params/);
});

test("columns of other names, tsv, jsonl, npz", async () => {
  const rows = (name: string) => readFileSync(file(name), "utf8").trim().split("\n").slice(1);
  writeFileSync(file("r.tsv"), `message\tkind\n${rows("reviews.csv").join("\n").replaceAll(",", "\t")}\n`);
  const small = ["--epochs", "1", "--units", "2", "--quiet", "--save", "c.keras"];
  expect(await say("train", "classify", "r.tsv", "--label", "kind", ...small)).toMatchObject({ code: 0, err: "" });
  const objects = Array.from({ length: 8 }, (_, i) => ({ sequence: [[i], [i % 2]], label: i % 2 }));
  writeFileSync(file("s.jsonl"), objects.map((row) => JSON.stringify(row)).join("\n"));
  expect(await say("train", "sequence", "s.jsonl", ...small)).toMatchObject({ code: 0, err: "" });
  const x = { data: Float32Array.from({ length: 24 }, (_, i) => i % 5), shape: [8, 3, 1] };
  const y = { data: Int32Array.from({ length: 8 }, (_, i) => i % 2), shape: [8] };
  writeFileSync(file("s.npz"), await writeNpz({ x, y }));
  expect(await say("train", "sequence", "s.npz", ...small)).toMatchObject({ code: 0, err: "" });
  expect((await say("predict", "c.keras", "--file", "s.npz", "--quiet")).out).toMatch(/^([01]\n){8}$/);
});

test.each([
  ["a missing file", ["train", "text", "nowhere.txt"], 1, /nowhere\.txt: expected a file, received none of that name/],
  ["an empty file", ["train", "text", "empty.txt"], 1, /empty\.txt: the file is empty/],
  ["another encoding", ["train", "text", "latin.txt"], 1, /expected UTF-8 on line 2, received other bytes/],
  ["an unknown column", ["train", "classify", "reviews.csv", "--label", "lable"], 1, /Did you mean "label"/],
  ["no label column", ["train", "classify", "lines.txt"], 1, /--label: expected the name of a column/],
  ["broken JSON", ["train", "text", "broken.jsonl"], 1, /broken\.jsonl: line 2: expected JSON/],
  [
    "a model of another task",
    ["generate", "sentiment.keras", "hi"],
    1,
    /expected a language model, received a text classifier\.\n {2}Use cellstate predict/,
  ],
  ["no model", ["predict", "reviews.csv", "hi"], 1, /Error/],
  ["an unknown option", ["generate", "writer.keras", "--wrods", "3"], 2, /unknown option '--wrods'/],
  ["a number out of range", ["generate", "writer.keras", "--words", "0"], 2, /whole number above 0/],
  ["an unknown command", ["trian"], 2, /Did you mean train/],
  ["an unknown data set", ["datasets", "download", "imbd"], 1, /Did you mean "imdb"/],
])("%s is told in one message", async (_, words, code, message) => {
  writeFileSync(file("empty.txt"), "");
  writeFileSync(file("latin.txt"), Buffer.from("fine\ncaf\xe9\n", "latin1"));
  writeFileSync(file("broken.jsonl"), '{"text":"fine"}\n{"text":\n');
  const said = await say(...words);
  expect(said.err).toMatch(message);
  expect(said.err).not.toMatch(/\n\s+at /);
  expect(said.code).toBe(code);
});

test.skipIf(!thorough)(
  "every example in the help runs",
  async () => {
    const helps: string[] = [];
    const visit = (command: Command) => {
      if (command.name() === "demo") return; // its examples train for seconds; demo.test.ts runs them
      if (["serve", "worker"].includes(command.name())) return; // as the studio's; test/e2e/serve-command.test.ts and queue.test.ts start them
      if (command.name() === "studio") return; // its examples serve until Ctrl-C; src/studio/serve.test.ts asks the server
      command.configureOutput({ writeOut: (text) => helps.push(text) }).outputHelp();
      command.commands.forEach(visit as (c: Command) => void);
    };
    visit(cellstate());
    placeProjects(here);
    const dense = (name: string, units: number) => ({ class_name: "Dense", config: { name, units } });
    const input = { class_name: "InputLayer", config: { name: "x", batch_shape: [null, 2], dtype: "float32" } };
    const config = { name: "net", layers: [input, dense("one", 3), dense("two", 2)] };
    writeFileSync(file("architecture.json"), JSON.stringify({ class_name: "Sequential", config }));
    copyFileSync("test/fixtures/torch/two-parts.pt", file("net.pth"));
    const day = (t: number) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
    const rented = Array.from({ length: 60 }, (_, t) => `${day(t)},${10 + (t % 7) + (t % 4)},${15 + (t % 5)}`);
    writeFileSync(file("hours.csv"), `day,cnt,temp\n${rented.join("\n")}\n`);
    writeFileSync(file("weather-forecast.csv"), `day,temp\n${[60, 61].map((t) => `${day(t)},16`).join("\n")}\n`);
    const known = ["--targets", "cnt", "--known", "temp", "--horizon", "2", "--units", "2", "--epochs", "1"];
    const bikes = await say("train", "forecast", "hours.csv", ...known, "--save", "bikes.keras");
    expect(bikes, bikes.err).toMatchObject({ code: 0 });
    const lines = helps.join("").match(/^ {2}cellstate .*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(12);
    for (const line of lines) {
      const [line0, from] = line.trim().split(" < ");
      const words = (line0.match(/"[^"]*"|\S+/g) ?? []).slice(1).map((word) => word.replaceAll('"', ""));
      const input = from ? readFileSync(file(from), "utf8").split("\n") : [];
      const told = await sayTo(input, ...words);
      expect({ line, ...told }, told.err).toMatchObject({ line, code: 0 });
    }
    expect(existsSync(file("layers.svg"))).toBe(true);
  },
  240_000,
);

test("the demo's examples call it as it was called", async () => {
  expect((await say("demo", "--help")).out).toMatch(/Examples:\n {2}cellstate demo\n {2}cellstate demo "what does/);
  let said = "";
  const screen = {
    out: (text: string) => {
      said += text;
    },
    err: () => {},
    input: async function* () {},
    terminal: false,
    code: 0,
  };
  await run(demoCommand(new Command("npm start --")), ["node", "start", "--help"], screen);
  expect(said).toMatch(/Examples:\n {2}npm start\n {2}npm start -- "what does/);
});
