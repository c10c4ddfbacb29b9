/** The pictures of `npm run gallery`: every view of the studio, light, dark and at 360 pixels. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSite, chromium, serveFolder, startBrowser } from "./browser.ts";
import { openPage } from "./page.ts";
import { shownViews } from "./views.ts";

const looks = {
  light: { width: 1280, dark: false },
  dark: { width: 1280, dark: true },
  narrow: { width: 360, dark: false },
};

/** Takes them into a folder with a page of them all, by the checkout's root. Returns how many there are, or null where there is no Chromium. */
export async function takePictures(root: string, folder: string): Promise<number | null> {
  if (!chromium) return null;
  mkdirSync(folder, { recursive: true });
  const built = mkdtempSync(join(tmpdir(), "cellstate-gallery-"));
  await buildSite(built, root);
  const { address, end: endServer } = await serveFolder(join(built, "site"));
  const { browser, end } = await startBrowser();
  try {
    for (const [look, size] of Object.entries(looks)) {
      const { page } = await openPage(browser, address, size);
      for (const { name, go } of shownViews) {
        await go(page);
        await page.screenshot({ path: join(folder, `${name}-${look}.png`) as `${string}.png`, fullPage: true });
      }
      await page.close();
    }
  } finally {
    await end();
    endServer();
    rmSync(built, { recursive: true, force: true });
  }
  writeFileSync(join(folder, "index.html"), pageOf());
  return shownViews.length * Object.keys(looks).length;
}

function pageOf(): string {
  const sections = shownViews.map(({ name, says }) => {
    const pictures = Object.keys(looks).map((look) => `<img src="${name}-${look}.png" alt="${name}, ${look}">`);
    return `<section><h2>${name}: ${says}</h2><div>${pictures.join("")}</div></section>`;
  });
  const style = `body { font-family: system-ui, sans-serif; background: #dfe3e8; margin: 16px; } h2 { font-size: 15px; }
    div { display: flex; gap: 12px; align-items: flex-start; overflow-x: auto; } img { width: 620px; } img:last-child { width: 300px; }`;
  const head = `<!doctype html><meta charset="utf-8"><title>Cellstate studio: every view</title><style>${style}</style>`;
  return `${head}\n${sections.join("\n")}\n`;
}
