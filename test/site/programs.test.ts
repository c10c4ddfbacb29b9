/**
 * The programs on the pages, whether they run elsewhere or not (labs-pages.test.ts runs those of the labs, docstring-examples.test.ts
 * the reference's, site.test.ts the README's in a cell): each parses, and what it imports and calls is there.
 */
import { join } from "node:path";
import { transform } from "esbuild";
import { expect, test } from "vitest";
import { readSections } from "../../site/build/pages.ts";
import * as data from "../../src/data/index.ts";
import * as explain from "../../src/explain/index.ts";
import * as formats from "../../src/formats/index.ts";
import * as main from "../../src/index.ts";
import * as parallel from "../../src/parallel/index.ts";
import * as plot from "../../src/plot/index.ts";
import * as serve from "../../src/serve/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as transcribe from "../../src/transcribe/index.ts";
import * as translate from "../../src/translate/index.ts";
import * as tune from "../../src/tune/index.ts";
import * as video from "../../src/video/index.ts";

const doors: Readonly<Record<string, object>> = {
  cellstate: main,
  ...Object.fromEntries(
    Object.entries({ data, explain, formats, parallel, plot, serve, tagging, transcribe, translate, tune, video }).map(
      ([name, door]) => [`cellstate/${name}`, door],
    ),
  ),
};
/** Words before a bracket that are no functions of ours: JavaScript's, Node's. */
const known =
  /^(if|for|while|switch|catch|return|await|async|function|typeof|of|readFile|writeFile|readFileSync|setTimeout|fetch)$/;

const programs = readSections(join(import.meta.dirname, "../.."))
  .flatMap(({ pages }) => pages)
  .filter(({ section }) => section !== "api")
  .flatMap(({ source, text }) =>
    [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code], _, all) => ({
      source,
      code,
      page: all.map(([, other]) => other).join("\n"), // what a program before it on the page declares is there
    })),
  );

test("every program on the pages parses, and what it imports and calls is there", async () => {
  expect(programs.length).toBeGreaterThan(40);
  const wrong: string[] = [];
  for (const { source, code, page } of programs) {
    await transform(code, { loader: "ts", format: "esm" }).catch((error: Error) =>
      wrong.push(`${source}: ${error.message}`),
    );
    for (const [, names, door] of code.matchAll(/^import \{([^}]*)\} from "(cellstate[^"]*)"/gm)) {
      const imported = names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name && !name.startsWith("type "));
      for (const name of imported) if (!(name in (doors[door] ?? {}))) wrong.push(`${source}: ${name} of ${door}`);
    }
    const plain = code.replace(/\/\/.*$/gm, "").replace(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '""');
    for (const [, name] of plain.matchAll(/(?<![.\w$#])(?<!new )([a-z]\w*)(?:<\w+>)?\(/g)) {
      const declared = new RegExp(
        `(?:function\\*?|const|let|import) [^;=]*\\b${name}\\b|[({,]\\s*${name}\\s*[,:)=]|^\\s+${name}\\(.*\\{$`,
        "m",
      ).test(page);
      const ours = Object.values(doors).some((door) => name in door);
      if (!known.test(name) && !declared && !ours) wrong.push(`${source}: nothing is called ${name}`);
    }
  }
  expect(wrong).toEqual([]);
});
