import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demo } from "../../src/cli/commands/demo-run.ts";
import { version } from "../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-demo-"));
const text = join(folder, "lines.txt");
writeFileSync(text, "the gate opens slowly\nthe cell remembers the gate\n");
const base = { prompt: "the cell", words: 2, text, out: join(folder, "out"), backend: "js" as const };

test("it learns a text, completes a prompt word by word, draws a chart and saves; the saved model completes alone", async () => {
  let said = "";
  const trained = await demo({
    ...base,
    epochs: 60,
    write: (t) => {
      said += t;
    },
  });
  expect(trained.sentence).toBe("the cell remembers the");
  expect(said).toMatch(/2 lines, 6 words, 7 prefixes of at most 9 words/);
  expect(said).toMatch(/Model: "next_word"/);
  expect(said).toMatch(/trained after 60 epochs in .* accuracy \d+\.\d %/);
  expect(said).toContain("  the cell remembers\n  the cell remembers the\n");
  expect(readFileSync(join(base.out, "next-word.svg"), "utf8")).toMatch(/^<svg/);
  const loaded = await demo({ ...base, load: join(base.out, "next-word.keras"), quiet: true, write: () => {} });
  expect(loaded.sentence).toBe(trained.sentence);
});

test("stopped by a signal it still saves what it learned", async () => {
  const stop = new AbortController();
  const out = join(folder, "stopped");
  const result = await demo({
    ...base,
    out,
    epochs: 1000,
    signal: stop.signal,
    write: (t) => {
      if (/Epoch 3\//.test(t)) stop.abort();
    },
  });
  expect(result.stopped).toBe(true);
  expect(existsSync(join(out, "next-word.keras"))).toBe(true);
});

test("a missing text, an empty one and a model of another kind are told plainly", async () => {
  await expect(demo({ ...base, text: join(folder, "none.txt") })).rejects.toThrow(
    /none\.txt: expected a file, received none of that name/,
  );
  writeFileSync(join(folder, "empty.txt"), "\n");
  await expect(demo({ ...base, text: join(folder, "empty.txt"), write: () => {} })).rejects.toThrow(
    /the file is empty/,
  );
  writeFileSync(join(folder, "latin1.txt"), Uint8Array.of(0xe9, 0x20, 0xff));
  await expect(demo({ ...base, text: join(folder, "latin1.txt"), write: () => {} })).rejects.toThrow(
    /UTF-8 on line 1.*\n.*Save it as UTF-8/,
  );
});

test("the version is the package's", () => {
  expect(version).toBe((JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version);
});
