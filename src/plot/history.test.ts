import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { plotHistory } from "./history.ts";
import { historyPanels } from "./history-panels.ts";

const history = {
  accuracy: [0.762, 0.865, 0.901, 0.925, 0.941],
  loss: [0.487, 0.328, 0.255, 0.203, 0.165],
  val_accuracy: [0.841, 0.857, 0.855, 0.851, 0.845],
  val_loss: [0.371, 0.345, 0.352, 0.391, 0.44],
};

function texts(svg: string): (string | null)[] {
  return [...parseHTML(`<body>${svg}</body>`).document.querySelectorAll("text")].map((element) => element.textContent);
}

test("a history becomes a panel of loss and one of accuracy, each with train and validation in words", async () => {
  const svg = await plotHistory(history);
  const words = texts(svg);
  for (const word of ["Training history", "Model loss", "Model accuracy", "Loss", "Accuracy"])
    expect(words).toContain(word);
  expect(words.filter((word) => word === "train").length).toBe(2);
  expect(words.filter((word) => word === "validation").length).toBe(2);
  expect(words.filter((word) => word === "Epoch").length).toBe(2);
  expect(words.indexOf("Model loss")).toBeLessThan(words.indexOf("Model accuracy"));
  expect(words.filter((word) => /^[1-5]$/.test(word ?? ""))).toEqual([
    "1",
    "2",
    "3",
    "4",
    "5",
    "1",
    "2",
    "3",
    "4",
    "5",
  ]);
  expect(svg).toContain("Model loss: train from 0.487 to 0.165, validation from 0.371 to 0.44.");
});

test("a history of the loss alone is one panel with one curve", async () => {
  const svg = await plotHistory({ loss: [3, 2, 1] }, { title: null });
  expect(svg).toContain('width="450"');
  expect(texts(svg)).not.toContain("validation");
  expect(texts(svg)).not.toContain("Training history");
});

test("a title wider than its one panel is written smaller, a far wider one is cut", async () => {
  const long = "Airline passengers, one month ahead on the last 46 months, seed 1"; // 640 pixels of 17 pixels' height
  const svg = await plotHistory({ loss: [3, 2, 1] }, { title: long });
  expect(svg).toMatch(new RegExp(`font-size="1[1-4]"[^>]*>${long}</text>`));
  const cut = texts(await plotHistory({ loss: [3, 2, 1] }, { title: `${long}, ${long}` }));
  expect(cut[0]).toMatch(/^Airline passengers.*…$/);
  expect(texts(await plotHistory(history, { title: long }))[0]).toBe(long); // two panels have room
});

test("a thousand epochs are marked at round numbers, and every value is drawn", async () => {
  const loss = Array.from({ length: 1000 }, (_, i) => 1 / (i + 1));
  const svg = await plotHistory({ loss });
  const words = texts(svg);
  for (const tick of ["1", "200", "400", "600", "800", "1000"]) expect(words).toContain(tick);
  expect(/ d="(M[^"]{5000,})"/.exec(svg)?.[1].match(/[ML]/g)?.length).toBe(1000);
  expect(svg).not.toContain("<circle");
});

test("metrics can be chosen, and a mistyped one is told its neighbours", async () => {
  const words = texts(await plotHistory(history, { metrics: ["accuracy"] }));
  expect(words).toContain("Model accuracy");
  expect(words).not.toContain("Model loss");
  await expect(plotHistory(history, { metrics: ["acuracy"] })).rejects.toThrow(/Did you mean "accuracy"\?/);
});

test("loss and accuracy lead, other metrics follow in their order, short names are abbreviations", () => {
  const values = [1, 2];
  const panels = historyPanels({
    mae: values,
    accuracy: values,
    val_mae: values,
    loss: values,
    mean_squared_error: [],
  });
  expect(panels.map((panel) => panel.label)).toEqual(["Loss", "Accuracy", "MAE"]);
  expect(panels[2].curves.map((curve) => curve.name)).toEqual(["train", "validation"]);
});

test("an empty history is an error that says what to pass", () => {
  expect(() => historyPanels({})).toThrow(DataError);
  expect(() => historyPanels({ loss: [] })).toThrow(/after at least one epoch/);
});
