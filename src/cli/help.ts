import { type Command, Help } from "commander";

const least = 28; // columns a description needs beside its term; with fewer it stands below
const indent = 6; // of a description below its term

/** Layout of help, on narrow terminals too: only a command or a term may be longer than a line. */
export const helpLayout = {
  minWidthToWrap: 10,
  styleUsage(this: Help, usage: string): string {
    const from = "Usage: ".length;
    return wrapped(this, usage, (this.helpWidth ?? 80) - from, from);
  },
  formatItem(term: string, termWidth: number, about: string, helper: Help): string {
    const columns = helper.helpWidth ?? 80;
    if (about === "") return `  ${term}`;
    const beside = columns - termWidth - 4;
    if (beside < least) return `  ${term}\n${" ".repeat(indent)}${wrapped(helper, about, columns - indent, indent)}`;
    const padding = " ".repeat(Math.max(0, termWidth - helper.displayWidth(term)));
    return `  ${term}${padding}  ${wrapped(helper, about, beside, termWidth + 4)}`;
  },
};

/** Terms with their meaning, under a heading, as the options of a command stand in its help. */
export function helpList(heading: string, items: Readonly<Record<string, string>>, columns: number): string {
  const helper = Object.assign(new Help(), helpLayout, { helpWidth: columns });
  const width = Math.max(...Object.keys(items).map((term) => term.length));
  const lines = Object.entries(items).map(([term, about]) => helper.formatItem(term, width, about, helper));
  return [heading, ...lines].join("\n");
}

/** Width of the terminal that help is written to; 80 where it goes elsewhere. */
export const columnsOf = (command: Command): number => command.configureOutput().getOutHelpWidth?.() ?? 80;

const wrapped = (helper: Help, text: string, columns: number, from: number): string =>
  helper.boxWrap(text, columns).replaceAll("\n", `\n${" ".repeat(from)}`);
