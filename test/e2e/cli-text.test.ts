/** `cellstate generate` and `cellstate predict`, option by option. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { cellstate, run } from "../../src/cli/program.ts";
import { thorough } from "../thorough.ts";
import { speaker, trainModels } from "./say.ts";

const here = speaker("cli-text");
const { file, say, sayTo } = here;

beforeAll(async () => {
  await trainModels(here, ["writer", "sentiment"]);
  const words = ["--epochs", "60", "--units", "12", "--quiet", "--save", "fluent.keras", "--seed", "1"];
  expect(await say("train", "text", "lines.txt", ...words)).toMatchObject({ code: 0 });
}, 60_000);

const write = async (...words: string[]) => (await say("generate", "fluent.keras", ...words)).out;

test("--stop ends the text before the word, --avoid keeps it out, --at-end avoid continues over the end of a line", async () => {
  expect(await write("the cell")).toBe("the cell remembers the gate\n");
  expect(await write("the cell", "--stop", "the")).toBe("the cell remembers\n");
  expect(await write("the cell", "--stop", "slowly", "--stop", "gate")).toBe("the cell remembers the\n");
  expect(await write("the cell", "--avoid", "remembers")).not.toMatch(/remembers/);
  expect((await write("the cell", "--at-end", "avoid", "--words", "6")).trim().split(" ")).toHaveLength(8);
});

test("--top-p, --top-k, --temperature and --seed draw; --repetition-penalty makes words rarer", async () => {
  const wild = ["the", "--temperature", "2", "--words", "12", "--at-end", "avoid"];
  const drawn = await Promise.all(["1", "2", "3"].map((seed) => write(...wild, "--seed", seed)));
  expect(new Set(drawn).size).toBeGreaterThan(1);
  expect(await write(...wild, "--top-p", "0.01", "--seed", "2")).toBe(
    await write(...wild, "--top-k", "1", "--seed", "3"),
  );
  const most = (text: string) => {
    const words = text.trim().split(" ");
    return Math.max(...words.map((word) => words.filter((other) => other === word).length));
  };
  const plain = ["the", "--words", "12", "--at-end", "avoid"];
  expect(most(await write(...plain, "--repetition-penalty", "8"))).toBeLessThan(most(await write(...plain)));
});

test("--beams finds a text, alike each time; a length penalty needs it, and drawing beside it is refused", async () => {
  const found = await write("the cell", "--beams", "3", "--length-penalty", "1");
  expect(found).toBe("the cell remembers the gate\n");
  const alone = await say("generate", "writer.keras", "the", "--length-penalty", "1");
  expect(alone).toMatchObject({ code: 1, err: expect.stringMatching(/--beams beside it/) });
  const both = await say("generate", "writer.keras", "the", "--beams", "2", "--temperature", "1");
  expect(both).toMatchObject({ code: 1, err: expect.stringMatching(/--beams cannot be combined with --temperature/) });
});

test("a prompt of unknown words is told with the nearest known ones, and prints nothing", async () => {
  const { code, out, err } = await say("generate", "writer.keras", "zebra remebers");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/only unknown words: "zebra", "remebers"\.\n {2}Try some of its \d+ words: "remembers", /);
  const half = await say("generate", "writer.keras", "the zebra", "--words", "1");
  expect(half).toMatchObject({ code: 0, err: expect.stringMatching(/unknown and left out: "zebra"/) });
});

test("a conversation answers every line, continues after a bad one, and in JSON gives an object a prompt", async () => {
  const talk = await sayTo(["the cell", "zebra", "the gate"], "generate", "fluent.keras", "--interactive");
  expect(talk).toMatchObject({ code: 0, out: "the cell remembers the gate\nthe gate opens slowly\n" });
  expect(talk.err).toMatch(/zebra/);
  const json = await sayTo(["the cell", "the gate"], "generate", "fluent.keras", "-i", "--json", "--words", "1");
  expect(
    json.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text),
  ).toEqual(["the cell remembers", "the gate opens"]);
});

test("words come one by one, and Ctrl-C ends the answer with its line and code 130", async () => {
  let printed = "";
  const screen = {
    out: (text: string) => {
      printed += text;
      if (text !== "\n" && printed.split(" ").length === 5) process.emit("SIGINT"); // after three words of the answer
    },
    err: () => {},
    input: async function* () {},
    terminal: true,
    code: 0,
  };
  const words = ["generate", file("writer.keras"), "the cell", "--words", "1000", "--at-end", "avoid"];
  expect(await run(cellstate(screen), ["node", "cellstate", ...words], screen)).toBe(130);
  expect(printed.split(" ")).toHaveLength(5);
  expect(printed).toMatch(/\n$/);
});

test("predict answers a line while the input is still open", async () => {
  const events: string[] = [];
  const screen = {
    out: (text: string) => void events.push(`answer ${text.trim()}`),
    err: () => {},
    input: async function* () {
      for (const line of ["a good film", "a bad film"]) {
        events.push("asked");
        yield line;
        while (events.at(-1) === "asked") await new Promise((resolve) => setTimeout(resolve, 5)); // until answered
      }
    },
    terminal: false,
    code: 0,
  };
  await run(cellstate(screen), ["node", "cellstate", "predict", file("sentiment.keras"), "--quiet"], screen);
  expect(events.map((event) => event.split(" ")[0])).toEqual(["asked", "answer", "asked", "answer"]);
});

test("predict shows probabilities as bars, gives them in JSON, and says which words were never seen", async () => {
  const one = await say("predict", "sentiment.keras", "a good zebra");
  expect(one.out).toMatch(
    /^(good|bad)\t\d+\.\d %\ta good zebra\n {2}\w+ +0\.\d+ .*\n {2}\w+ +0\.\d+ .*\nunknown words: zebra\n$/,
  );
  const { label, probabilities } = JSON.parse((await say("predict", "sentiment.keras", "a good film", "--json")).out);
  expect(probabilities.good + probabilities.bad).toBeCloseTo(1, 5);
  expect(probabilities[label]).toBeGreaterThanOrEqual(0.5);
  const next = await say("predict", "fluent.keras", "the cell", "--top", "2");
  expect(next.out).toMatch(/^the cell …\n {2}remembers +0\.\d+ █+.*\n {2}\S+ +0\.\d+.*\n$/);
  expect((await say("predict", "fluent.keras", "the cell", "--quiet")).out).toBe("remembers\n");
});

test("a line that cannot be read is told in its place, the others are answered, and the code is 1", async () => {
  const lines = ["a good film", "caf\ufffd", "a bad film"];
  const { code, out } = await sayTo(lines, "predict", "sentiment.keras", "--json");
  expect(code).toBe(1);
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers.map(({ text }) => text)).toEqual(lines);
  expect(answers[1].error).toMatch(/^line 2: .*expected UTF-8, received other bytes/);
  const plain = await sayTo(lines, "predict", "sentiment.keras", "--quiet");
  expect(plain.out).toMatch(/^(good|bad)\n\n(good|bad)\n$/);
});

test("an empty cell of a file is told in its place: answers stand beside their rows", async () => {
  writeFileSync(file("gaps.csv"), "id,review\n1,a good film\n2,\n3,a bad film\n4,...\n5,\n");
  const { code, out } = await say("predict", "sentiment.keras", "--file", "gaps.csv", "--json");
  expect(code).toBe(1);
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers.map(({ text }) => text)).toEqual(["a good film", "", "a bad film", "...", ""]);
  expect(answers[1].error).toMatch(/^line 3: predict: expected a text, received an empty cell\./);
  expect(answers[3].unknownWords).toEqual([]); // signs alone are an unknown word
  expect(answers[4].error).toMatch(/^line 6: /);
  const plain = await say("predict", "sentiment.keras", "--file", "gaps.csv", "--quiet");
  expect(plain.out).toMatch(/^(good|bad)\n\n(good|bad)\n(good|bad)\n\n$/);
  expect(plain.err).toMatch(/^line 3: [\s\S]*^line 6: /m);
});

test("a text of several lines is answered in one, and a text that names a file says how to read it", async () => {
  writeFileSync(file("lines.csv"), 'review\n"a good\nfilm"\n');
  const { out } = await say("predict", "sentiment.keras", "--file", "lines.csv");
  expect(out).toMatch(/^(good|bad)\t\d+\.\d %\ta good film\n$/);
  const { err } = await say("predict", "sentiment.keras", "reviews.csv");
  expect(err).toMatch(/reviews\.csv: classified as a text; to read the texts in that file: --file\n$/);
});

test("what cannot be read is told between the answers before and after it", async () => {
  const events: string[] = [];
  const screen = {
    out: (text: string) => void events.push(text.trim().split("\t").at(-1)!),
    err: (text: string) => void events.push(text.split(":")[0]),
    input: async function* () {
      yield* ["a good film", "caf\ufffd", "", "a bad film"];
    },
    terminal: false,
    code: 0,
  };
  await run(cellstate(screen), ["node", "cellstate", "predict", file("sentiment.keras")], screen);
  expect(events).toEqual(["a good film", "line 2", "a bad film"]);
});

test.skipIf(!thorough)(
  "a text of a million characters is read, a word of a million characters is cut in what is said",
  async () => {
    const long = "a good film ".repeat(80_000);
    expect((await sayTo([long], "predict", "sentiment.keras", "--quiet")).out).toMatch(/^(good|bad)\n$/);
    const word = await say("generate", "writer.keras", "z".repeat(1_000_000));
    expect(word.err.length).toBeLessThan(1000);
  },
);

test("a file of texts and a text beside it is refused", async () => {
  writeFileSync(file("some.txt"), "a good film\n");
  const both = await say("predict", "sentiment.keras", "a good film", "--file", "some.txt");
  expect(both.err).toMatch(/a text or --file, received both/);
  const loose = await say("predict", "sentiment.keras", "a", "good", "film");
  expect(loose.err).toMatch(/expected one text, received 3, the first "a"\.\n {2}Put it in quotes/);
});

test("a text that begins with a dash is taken for an option, and it is told where it stands", async () => {
  const { code, err } = await say("predict", "sentiment.keras", "-5 stars");
  expect([code, err]).toEqual([2, expect.stringMatching(/unknown option '-5 stars'\n {2}.* stands behind --: /)]);
  expect((await say("predict", "sentiment.keras", "--quiet", "--", "-5 good")).out).toMatch(/^\w+\n$/);
  expect((await say("predict", "sentiment.keras", "--quite")).err).not.toContain("behind --");
});
