/** Every view of the studio in the states that a visitor meets: axe-core looks at each, and so does who opens the gallery. */
import type { Page } from "puppeteer-core";
import { clickWord, openAll, press } from "./page.ts";

interface Shown {
  readonly name: string;
  /** What is to be seen there, for whoever looks at the picture. */
  readonly says: string;
  /** Leads to it, from wherever in the studio the page is. */
  go(page: Page): Promise<unknown>;
}

/** Opens a link as one who was sent it. */
async function follow(page: Page, hash: string, wait: string): Promise<void> {
  const site = page.url().replace(/#.*/, "");
  await page.goto("about:blank");
  await page.goto(site + hash);
  await page.waitForSelector(wait);
}

const saidBegins = (page: Page, word: string) =>
  page.waitForFunction((wanted) => document.querySelector(".said")?.textContent?.startsWith(wanted), {}, word);

export const shownViews: readonly Shown[] = [
  { name: "start", says: "the five cards", go: (page) => follow(page, "#v=1&view=start", ".cards") },
  {
    name: "read",
    says: "the sentence as it opens, no word chosen",
    go: (page) => follow(page, "#v=1&view=read&lab=sentiment", ".ribbons"),
  },
  {
    name: "read-word",
    says: "“not” chosen, the cell below with its sums",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment", ".ribbons");
      await clickWord(page, "not");
      await page.waitForSelector("table.sum");
    },
  },
  {
    name: "read-all",
    says: "the same with all that is folded opened",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment&step=4&unit=2", "table.sum");
      await openAll(page);
      await page.waitForSelector(".code pre");
    },
  },
  {
    name: "read-held",
    says: "the forget gate held at 1 at “not”",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment&step=4&unit=1", "table.sum");
      await page.focus(".hold input");
      await page.keyboard.press("End");
      await page.waitForSelector(".hold strong");
    },
  },
  {
    name: "read-lanes",
    says: "the part of each step in the prediction, and the gradient flow",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment&step=4", "table.sum");
      for (const button of await page.$$(".opens")) await button.click();
      await page.waitForFunction(() => !/Computing/.test(document.querySelector(".lanes")?.textContent ?? ""));
    },
  },
  {
    name: "read-lost",
    says: "a word of which little is left, and where it was lost",
    go: (page) =>
      follow(page, "#v=1&view=read&lab=sentiment&step=4&input=the+film+was+good+but+not+for+me", ".said button"),
  },
  {
    name: "read-next-word",
    says: "the likeliest next word after each",
    go: (page) => follow(page, "#v=1&view=read&lab=next-word&step=3", ".guesses"),
  },
  {
    name: "read-airline",
    says: "a series of numbers",
    go: (page) => follow(page, "#v=1&view=read&lab=airline&step=12", ".cell"),
  },
  {
    name: "read-adding",
    says: "thirty steps of two numbers",
    go: (page) => follow(page, "#v=1&view=read&lab=adding&step=5", ".cell"),
  },
  {
    name: "read-long",
    says: "2,000 steps: all of them in bins, and those around the chosen one",
    go: async (page) => {
      const series = Array.from({ length: 2000 }, (_, t) => Math.round(300 + t / 20 + 60 * Math.sin(t / 2)));
      await follow(page, `#v=1&view=read&lab=airline&step=1300&input=${series.join("+")}`, ".overview");
      await page.waitForSelector(".cell");
    },
  },
  {
    name: "train",
    says: "a training of 120 steps, done",
    go: async (page) => {
      await follow(page, "#v=1&view=train", ".settings");
      await page.$$eval(".settings label", (labels) => {
        const input = labels.find((label) => label.textContent?.trim() === "Steps")!.querySelector("input")!;
        input.value = "120";
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
      await press(page, "main", "Train");
      await saidBegins(page, "Done");
      await page.waitForSelector(".curve canvas");
      await page.waitForSelector(".pair canvas");
    },
  },
  {
    name: "race",
    says: "a race of 100 steps over two seeds, done",
    go: async (page) => {
      await follow(page, "#v=1&view=race&task=recall&length=20&units=16&seeds=2&steps=100", ".race");
      await press(page, "main", "Race");
      await saidBegins(page, "Done");
      await page.waitForSelector("#flow-title");
      await page.waitForFunction(() => document.querySelectorAll(".lines canvas").length === 2);
    },
  },
  {
    name: "train-words",
    says: "four lines are learned, then back at epoch 0",
    go: async (page) => {
      await follow(page, "#v=1&view=train&train=four-lines&steps=60", ".settings");
      await press(page, "main", "Train");
      await saidBegins(page, "Done");
      await page.focus(".rewind input");
      await page.keyboard.press("Home");
      await saidBegins(page, "Back");
      await page.waitForSelector(".outcome");
    },
  },
  {
    name: "train-data",
    says: "a lab that waits for its data",
    go: (page) => follow(page, "#v=1&view=train&train=text", "fieldset.drop"),
  },
  {
    name: "lessons",
    says: "the lessons, and the form for one's own",
    go: (page) => follow(page, "#v=1&view=lessons", ".lessons .make"),
  },
  {
    name: "lesson-asked",
    says: "the output gate's question, nothing shown yet",
    go: (page) => follow(page, "#v=1&view=lessons&lesson=output", ".in-the-cell"),
  },
  ...(["forget", "output", "padding", "overfitting", "temperature", "forecasts"] as const).map((lesson) => ({
    name: `lesson-${lesson}`,
    says: "the prediction beside what came out",
    go: (page: Page) => follow(page, `#v=1&view=lessons&lesson=${lesson}&answer=2&shown=1`, ".verdict"),
  })),
  {
    name: "write",
    says: "the tree of next words",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=next-word", ".guesses");
      await press(page, "nav", "Write");
      await page.waitForSelector(".tree .guess");
    },
  },
  {
    name: "units",
    says: "what the units follow",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment", ".ribbons");
      await press(page, "nav", "Units");
      await press(page, "main", "Look at the units");
      await page.waitForSelector("#over-title");
    },
  },
  {
    name: "model",
    says: "layers and parameters",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment", ".ribbons");
      await press(page, "nav", "Model");
      await page.waitForSelector(".model table");
    },
  },
  {
    name: "stranger",
    says: "a link from a stranger, and what of it was left out",
    go: (page) => follow(page, "#v=1&lab=sentiment&view=nowhere&step=99&nonsense=1&unit=-4", ".note"),
  },
  {
    name: "problem",
    says: "an input of no words, refused",
    go: async (page) => {
      await follow(page, "#v=1&view=read&lab=sentiment", ".ribbons");
      await page.click("#input", { count: 3 });
      await page.keyboard.press("Backspace");
      await page.waitForSelector("[role=alert]");
    },
  },
  {
    name: "keys",
    says: "the list of keys",
    go: async (page) => {
      await follow(page, "#v=1&view=start", ".cards");
      await page.click("header button[aria-haspopup]");
      await page.waitForSelector("dialog[open]");
    },
  },
];
