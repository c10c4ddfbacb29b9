/** Programs and commands on the pages of docs/, for the tests that run them as they stand there. */
import type { Command } from "commander";
import { transform } from "esbuild";
import { cellstate } from "../../src/cli/program.ts";

/** The programs of a page, in order. */
export const programsOf = (page: string): string[] => [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((m) => m[1]);

/** What a program prints, with `known` in place of what it imports. */
export async function printed(program: string, known: object): Promise<string> {
  const body = program.replace(/^import .*\n/gm, "").replace(/^export default /gm, "void ");
  const { code } = await transform(`async () => {\n${body}}`, { loader: "ts" });
  const lines: string[] = [];
  const log = (...said: unknown[]) =>
    void lines.push(said.map((v) => (typeof v === "string" ? v : JSON.stringify(v))).join(" "));
  const run = new Function(...Object.keys(known), "console", `return ${code}`)(...Object.values(known), { log });
  await run();
  return lines.join("\n");
}

/** The error commander would give for a command line, without running it. */
export function misspelled(line: string): string[] {
  program ??= cellstate();
  const words = (line.match(/"[^"]*"|\S+/g) ?? []).filter((word) => word !== "$").slice(1);
  let command: Command = program;
  if (words.length > 0 && !words[0].startsWith("-") && !byName(command, words[0])) return [`no command ${words[0]}`];
  for (let below = byName(command, words[0]); below; below = byName(command, words[0])) {
    command = below;
    words.shift();
  }
  const { operands, unknown } = command.parseOptions(words);
  const most = command.registeredArguments.some((a) => a.variadic) ? Infinity : command.registeredArguments.length;
  const least = command.registeredArguments.filter((a) => a.required).length;
  return [...unknown, ...operands.slice(most), ...(operands.length < least ? ["too few words"] : [])];
}

let program: Command | null = null; // made once: parsing options leaves nothing that the next line would see

const byName = (command: Command, name: string | undefined) => command.commands.find((c) => c.name() === name);
