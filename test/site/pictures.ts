/** The pictures of `npm run site -- --pictures`: a page of each kind, light, dark and at 360 pixels, with a cell that was run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, serveFolder, startBrowser } from "../studio/browser.ts";
import { openPage } from "../studio/page.ts";

const looks = {
  light: { width: 1280, dark: false },
  dark: { width: 1280, dark: true },
  narrow: { width: 360, dark: false },
};
const paths = [
  "index.html",
  "labs/index.html",
  "labs/pass-fail.html",
  "labs/next-word.html",
  "labs/memory.html",
  "guides/index.html",
  "guides/coming-from.html",
  "guides/command-line.html",
  "guides/benchmarks.html",
  "api/index.html",
  "api/plot.html",
  "results/index.html",
  "results/adding.html",
  "teaching/index.html",
  "contributing/design.html",
];

/** Takes them into a folder with a page of them all. Returns how many there are, or null where there is no Chromium. */
export async function takeSitePictures(site: string, folder: string): Promise<number | null> {
  if (!chromium) return null;
  mkdirSync(folder, { recursive: true });
  const { address, end: endServer } = await serveFolder(site);
  const { browser, end } = await startBrowser();
  try {
    for (const [look, size] of Object.entries(looks))
      for (const path of paths) {
        const { page } = await openPage(browser, address + path, size);
        if (path === "index.html") await page.waitForSelector("#demo[data-ready]", { timeout: 100_000 });
        if (path === "labs/pass-fail.html") {
          await page.waitForSelector(".cell button.run", { timeout: 100_000 });
          await page.click(".cell button.run");
          await page.waitForFunction(() => document.querySelector(".cell-said")?.textContent?.startsWith("Done"), {
            timeout: 100_000,
          });
        }
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: join(folder, nameOf(path, look)) as `${string}.png`, clip: await clipOf(page) });
        await page.close();
      }
  } finally {
    await end();
    endServer();
  }
  const images = paths.map(
    (path) =>
      `<h2>${path}</h2><div>${Object.keys(looks)
        .map((look) => `<img src="${nameOf(path, look)}" alt="${path}, ${look}">`)
        .join("")}</div>`,
  );
  writeFileSync(
    join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><title>The site</title><style>img { width: 30%; }</style>${images.join("\n")}\n`,
  );
  return paths.length * Object.keys(looks).length;
}

const nameOf = (path: string, look: string): string => `${path.replace(/\W+/g, "-")}-${look}.png`;

/** As much of a page as a picture can be looked at. */
async function clipOf(page: { evaluate<T>(work: () => T): Promise<T> }) {
  const { width, height } = await page.evaluate(() => ({
    width: document.documentElement.clientWidth,
    height: document.documentElement.scrollHeight,
  }));
  return { x: 0, y: 0, width, height: Math.min(height, 2400) };
}
