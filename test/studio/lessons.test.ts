/** Lessons without a browser: links, what is compared, and that the stories are true of the models that come with the page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEngine, type StudioTrace, type Tell } from "../../src/studio/index.ts";
import { lessons } from "../../studio/src/lessons/catalog.ts";
import { compareChoice, comparePercent, compareSteps } from "../../studio/src/lessons/compare.ts";
import { forecastErrors } from "../../studio/src/lessons/forecasts.ts";
import { lessonIds } from "../../studio/src/lessons/lesson-ids.ts";
import { extreme, measured, tellingUnit } from "../../studio/src/lessons/measure.ts";
import { linkOf, readLink, writeLink } from "../../studio/src/link.ts";
import { readTraining, usualSettings } from "../../studio/src/training-settings.ts";

describe("links", () => {
  const own = {
    ...({ lab: "sentiment", input: 'é & "#=%\n<b>', question: "Why “not”? <script>" } as const),
    task: { kind: "percent", measure: "left", at: 3 } as const,
  };
  test("a lesson and where its student is come back from the hash", () => {
    for (const place of [
      { lesson: { id: "forget" }, answer: null, shown: false },
      { lesson: { id: "padding" }, answer: 2, shown: true },
      { lesson: { id: "own", own }, answer: 40, shown: false },
    ] as const)
      expect(readLink(linkOf(place))).toMatchObject({ link: { view: "lessons", lesson: place }, notes: [] });
  });
  test("a stranger's lesson is refused as a whole, and each unsound part is named", () => {
    const { link, notes } = readLink(
      "#v=1&view=lessons&lesson=own&lab=toString&input=&question=a&measure=kept&find=value",
    );
    expect(link.lesson).toBeNull();
    expect(notes.join(" ")).toMatch(/lab .*input .*at /s);
    const unknown = readLink("#v=1&view=lessons&lesson=__proto__&reveal=1");
    expect(unknown.link.lesson).toBeNull();
    expect(unknown.notes).toHaveLength(2);
    const more = readLink("#v=1&view=lessons&lesson=forget&question=evil&answer=1e9&shown=yes");
    expect(more.link.lesson).toEqual({ lesson: { id: "forget" }, answer: null, shown: false });
    expect(more.notes).toHaveLength(3);
    const long = `#v=1&view=lessons&lesson=own&lab=adding&input=1&question=${"x".repeat(501)}&measure=kept&find=most`;
    expect(readLink(long).link.lesson).toBeNull();
  });
  test("noise is never a lesson", () => {
    for (let seed = 1; seed < 300; seed++) {
      const noise = Array.from({ length: 30 }, (_, k) =>
        String.fromCharCode(33 + (((seed * (k + 7) * 2654435761) >>> 9) % 94)),
      );
      const { link } = readLink(`#v=1&view=lessons&lesson=own&${noise.join("")}&lab=sentiment`);
      expect(link.lesson).toBeNull();
    }
  });
  test("a training is in its link; what is unsound is said and is as the lab has it", () => {
    const training = { ...usualSettings("reviews"), cell: "gru", dropout: 0.3, units: 7 } as const;
    const link = { view: "train", lab: null, input: null, step: null, unit: null, cell: null, training } as const;
    expect(readLink(writeLink(link))).toEqual({ link, notes: [] });
    const said: string[] = [];
    const parts = new URLSearchParams("train=four-lines&layer=evil&units=0&rate=1e9&dropout=&steps=1.5");
    const read = readTraining(parts, (name) => void said.push(name));
    expect(read).toEqual(usualSettings("four-lines"));
    expect(said.sort()).toEqual(["dropout", "layer", "rate", "steps", "units"]);
  });
});

describe("what a student said beside what came out", () => {
  const steps = ["a", "b", "c"].map((text) => ({ text, known: true }));
  const values = Float64Array.of(Number.NaN, 0.2, 0.8);
  const given = { values, measure: "kept", find: "least" } as const;
  test("a step: right, and wrong with its place", () => {
    expect(compareSteps({ steps }, given, 1)).toEqual({
      right: true,
      words: "Right. At “b” the network keeps the least of its memory: 20 %.",
    });
    expect(compareSteps({ steps }, given, 2).words).toMatch(/^Not quite\..*You said “c”: 80 %. It is number 2 of 2\.$/);
    expect(compareSteps({ steps }, given, 0).words).toContain("which has none yet");
  });
  test("percent: within five points, near, far", () => {
    expect(comparePercent(0.19, 22, "It").words).toBe("Right, within 5 points. It is 19 %; you said 22 %.");
    expect(comparePercent(0.19, 30, "It").words).toBe("Near. It is 19 %; you said 30 %, 11 points away.");
    expect(comparePercent(0.004, 90, "It").words).toMatch(/^Not quite\. It is less than 1 %; you said 90 %, 90 points/);
  });
  test("a choice", () => {
    expect(compareChoice(["x", "y"], 1, 1, "Facts.")).toEqual({ right: true, words: "Right: y. Facts." });
    expect(compareChoice(["x", "y"], 1, 0, "Facts.").words).toBe("Not quite: y. Facts. You said: x.");
  });
});

describe("the stories are true of the models that come with the page", () => {
  const asking = async (lab: string) => {
    let last: Tell | null = null;
    const engine = createEngine((message) => {
      last = message;
    });
    const ask = async (message: object): Promise<Tell> => {
      await engine.ask({ id: 1, ...message });
      return last!;
    };
    const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, `../../studio/models/${lab}.keras`)));
    await ask({ ask: "open", name: `${lab}.keras`, bytes });
    return ask;
  };
  const traceOf = async (ask: (message: object) => Promise<Tell>, input: string, clamp: object | null = null) => {
    const told = await ask({ ask: "trace", input, clamp, replace: null });
    if (told.tell !== "traced") throw new Error(JSON.stringify(told));
    return told.trace as StudioTrace;
  };

  test("the forget gate clears at “but”, the input gate writes “not”", async () => {
    const ask = await asking("sentiment");
    for (const [id, word, gate] of [
      ["forget", "but", "f"],
      ["input", "not", "i"],
    ] as const) {
      const { input, task } = lessons[id];
      const traced = await traceOf(ask, input);
      if (task.kind !== "step") throw new Error();
      const at = extreme(measured(task.measure, traced, traced.cells[0])!, task.find);
      expect(traced.steps[at].text).toBe(word);
      const unit = tellingUnit(traced.cells[0], at, gate);
      const { values, units } = traced.cells[0];
      expect(values[gate][at * units + unit]).toSatisfy((v: number) => (gate === "f" ? v < 0.3 : v > 0.7));
    }
  });
  test("masked zeros change nothing, forty that are read turn the review around", async () => {
    const ask = await asking("sentiment");
    const told = await ask({ ask: "padding", input: lessons.padding.input, zeros: 40, after: true });
    if (told.tell !== "padded") throw new Error(JSON.stringify(told));
    const { without, masked, unmasked } = told.padded;
    expect(masked[1]).toBeCloseTo(without[1], 5);
    expect(unmasked[1] - without[1]).toBeGreaterThan(0.3);
  });
  test("with the output gate held at 0 the network no longer knows the word that must follow", async () => {
    const ask = await asking("next-word");
    const { input, task } = lessons.output;
    if (task.kind !== "held") throw new Error();
    const free = await traceOf(ask, input);
    expect(free.outputs.words!.at(-1)![0]).toMatchObject({ token: "gate" });
    expect(free.steps).toHaveLength(task.at);
    const clamp = { cell: free.cells[0].name, gate: task.gate, step: task.at - 1, unit: null, value: task.value };
    const held = await traceOf(ask, input, clamp);
    const left = held.outputs.words!.at(-1)!.find(({ token }) => token === "gate");
    expect(left?.probability ?? 0).toBeLessThan(0.01);
  });
  test("the network beats the two simple forecasts, and arithmetic beats the network", async () => {
    const ask = await asking("airline");
    const found = forecastErrors(await traceOf(ask, lessons.forecasts.input))!;
    const [network, last, year, growth] = found.rows.map(({ rmse }) => rmse);
    expect(network).toBeLessThan(Math.min(last, year));
    expect(growth).toBeLessThan(network);
    expect(found.months).toHaveLength(12);
  });
  test("every lesson asks, tells and names a page of the class programs", () => {
    for (const id of lessonIds) {
      const { question, story, lesson, page } = lessons[id];
      expect(Math.min(question.length, story.length, lesson.length), id).toBeGreaterThan(40);
      const [file, anchor] = page.split("#");
      const contents = readFileSync(join(import.meta.dirname, "../../docs", file), "utf8");
      const heads = [...contents.matchAll(/^#+ (.*)$/gm)].map(([, head]) =>
        head.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      );
      if (anchor) expect(heads, page).toContain(anchor);
    }
  });
});
