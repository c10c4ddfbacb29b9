/**
 * The examples of docs/command-line.md run as they stand there, one after the other in one folder, and say what the page says,
 * numbers aside. `CELLSTATE_WRITE_PAGE=1` puts what they say into the page.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { cellstate } from "../../src/cli/program.ts";
import { placeProjects, speaker } from "../e2e/say.ts";

const page = join(import.meta.dirname, "../../docs/command-line.md");
const text = readFileSync(page, "utf8");
const here = speaker("page");
const { folder, file, sayTo } = here;
const dialogues = [...text.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block]) => block);

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js"; // the same everywhere
  placeProjects(here);
  for (const [, name, contents] of text.matchAll(/`([\w.]+)`:\n+```\n([\s\S]*?)```/g))
    writeFileSync(file(name), contents);
});

test("every example of the page runs, and says what the page says", { timeout: 120_000 }, async () => {
  expect(dialogues.length).toBe(19);
  let written = text;
  for (const dialogue of dialogues) {
    const said: string[] = [];
    for (const [line] of dialogue.matchAll(/^\$ cellstate.*$/gm)) {
      const [command, from] = line.slice(2).split(" < ");
      const words = (command.match(/"[^"]*"|\S+/g) ?? []).slice(1).map((word) => word.replaceAll('"', ""));
      const input = from ? readFileSync(file(from), "utf8").trimEnd().split("\n") : [];
      const { out, err } = await sayTo(input, ...words);
      const answer = `${out}${err}`.replaceAll(`${folder}/`, "").trimEnd();
      said.push(line, ...(answer === "" ? [] : inShort(answer.split("\n"))));
    }
    const answer = `${said.join("\n")}\n`;
    if (process.env.CELLSTATE_WRITE_PAGE === "1") written = written.replace(dialogue, () => answer);
    else expect(masked(answer)).toBe(masked(dialogue));
  }
  if (written !== text) writeFileSync(page, written);
});

test("every command has its place on the page", () => {
  for (const { commands, ...command } of cellstate().commands.map((c) => ({ name: c.name(), commands: c.commands })))
    for (const name of commands.length > 0
      ? commands.map((below) => `${command.name} ${below.name()}`)
      : [command.name])
      expect(text, name).toContain(`cellstate ${name}`);
});

/** Long answers are cut on the page. */
const inShort = (lines: readonly string[]): readonly string[] =>
  lines.length > 24 ? [...lines.slice(0, 4), "...", ...lines.slice(-6)] : lines;

/** Times and machines differ, the words do not. */
const masked = (text: string): string =>
  text
    .replace(/[█▏▎▍▌▋▊▉]+/g, "▇")
    .replace(/-?\d+(\.\d+)?(e-?\d+)?/g, "#")
    .replace(/#[mu]s\/step/g, "#ms/step")
    .replace(/[ \t]+/g, " ");
