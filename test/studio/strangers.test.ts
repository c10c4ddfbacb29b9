/** What strangers send to the studio's page: links of any kind and damaged model files. By seed: `CELLSTATE_FUZZ=500` tries more. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveStudio } from "../../src/studio/index.ts";
import { version } from "../../src/version.ts";
import { Chance, changedBytes, fuzzSeeds } from "../hostile.ts";
import { buildFile, chromium, startBrowser } from "./browser.ts";
import { dropFile, openPage, text } from "./page.ts";
import { strangeHash } from "./strange-hash.ts";

const fixtures = join(import.meta.dirname, "../fixtures/0.1");
const files = [
  "textClassifier.keras",
  "languageModel.keras",
  "model.h5",
  "model.safetensors",
  "model.onnx",
  "forecaster.keras",
];
if (!chromium) console.warn("What strangers send is not tried on the studio's page: no Chromium on the PATH");

describe.skipIf(!chromium)("the studio's page", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-strangers-"));
  const address = pathToFileURL(join(folder, "file/index.html")).href;
  let started: Awaited<ReturnType<typeof startBrowser>>;
  beforeAll(async () => {
    await buildFile(folder);
    started = await startBrowser();
  }, 240_000);
  afterAll(async () => {
    await started.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("follows any link without an error, runs nothing of it, and goes on working", async () => {
    const { page, said } = await openPage(started.browser, address);
    for (const seed of fuzzSeeds(60)) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, strangeHash(seed));
      await page.waitForFunction(() => document.querySelector("main h1") !== null);
    }
    expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
    expect((await page.$$("main script, main img, main iframe")).length).toBe(0);
    await page.evaluate(() => {
      location.hash = "#v=1&view=read&lab=sentiment&step=4";
    });
    await page.waitForFunction(() => document.querySelector(".said")?.textContent?.includes("At “not”"));
    expect(said).toEqual([]);
    await page.close();
  });

  test("says so where the engine behind it is of another version, as after an update, and not where it is of the same", async () => {
    const page = readFileSync(join(folder, "file/index.html"), "utf8");
    const older = page.replaceAll(`"${version}"`, '"0.0.9"').replaceAll(`\`${version}\``, "`0.0.9`");
    expect(older).not.toBe(page);
    for (const [html, wanted] of [
      [page, ""],
      [older, `This page is of version 0.0.9, its engine of ${version}: reload the page.`],
    ]) {
      const server = await serveStudio({ page: html, backend: "wasm" });
      const opened = await openPage(started.browser, server.address, {}, ".card");
      await opened.page.click(".card");
      await opened.page.waitForSelector(".words button");
      if (wanted) await opened.page.waitForSelector(".note");
      expect(await opened.page.$$eval(".note", (notes) => notes.map((note) => note.textContent).join())).toBe(wanted);
      await opened.page.close();
      await server.close();
    }
  });

  test("opens a damaged file, or says in words why it does not; then it opens a sound one", async () => {
    const { page, said } = await openPage(started.browser, address);
    const outcomes = { opened: 0, refused: 0 };
    for (const seed of fuzzSeeds(60)) {
      const chance = new Chance(seed);
      const name = chance.of(files);
      await dropFile(page, `${seed}-${name}`, changedBytes(new Uint8Array(readFileSync(join(fixtures, name))), chance));
      const outcome = await settled(page, `${seed}-${name}`);
      outcomes[outcome === "opened" ? "opened" : "refused"]++;
      if (outcome !== "opened") {
        expect(outcome, `${seed} ${name}`).not.toMatch(/Please report|undefined|TypeError|RangeError|\[object/);
        expect(outcome.length, `${seed} ${name}`).toBeGreaterThan(20);
      }
    }
    console.log(`damaged files dropped: ${outcomes.refused} refused, ${outcomes.opened} read all the same`);
    expect(outcomes.refused).toBeGreaterThan(10);
    await dropFile(page, "sound.keras", readFileSync(join(fixtures, "textClassifier.keras")));
    expect(await settled(page, "sound.keras")).toBe("opened");
    expect(await text(page, "h1")).toContain("sound");
    expect(said).toEqual([]);
    await page.close();
  });
});

/** "opened", or what the page says is wrong, once the file of that name was read; the page then stands at its start. */
async function settled(page: Page, name: string): Promise<string> {
  const found = await page.waitForFunction(
    (wanted) => {
      const says = document.querySelector("[role=alert]")?.textContent;
      const opened = document.querySelector("h1")?.textContent?.includes(wanted.replace(/\.keras$/, ""));
      return opened ? "opened" : says;
    },
    {},
    name,
  );
  const outcome = (await found.jsonValue()) as string;
  if (!name.startsWith("sound"))
    await page.evaluate(() => {
      document.querySelector<HTMLButtonElement>("nav button")!.click();
    });
  return outcome;
}
