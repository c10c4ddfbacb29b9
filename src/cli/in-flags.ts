import type { Command, Option } from "commander";

/**
 * A message of the library in the words of the command line: `units: 8` becomes `--units 8`, `logarithm: false` becomes
 * `--no-logarithm`, and `validationSplit` `--validation-split`. Whatever is no option of any command stays as it is.
 */
export function inFlags(message: string, commands: readonly Command[]): string {
  const options = commands.flatMap((command) => command.options).filter(({ hidden, long }) => !hidden && long);
  const names = new Set(options.map((option) => option.attributeName()));
  const typed = message.replace(/(?<=expected \w+: [^.]*), or null(?=, received)/, ""); // null is no word of a command
  return [...names].reduce((text, name) => {
    const those = options.filter((option) => option.attributeName() === name);
    return withFlag(text, name, { on: those.find((o) => !o.negate), off: those.find((o) => o.negate) });
  }, typed);
}

const value = String.raw`"[^"\n]*"|-?\d+(?:\.\d+)?|true|false|null|\[[^\]\n]*\]`;

/** What an option stands behind in advice; `its 7 words: "gate"` is no option. */
const advice = String.raw`(?<=(?:^|\n {2}|[Ww]ith |[Gg]ive |or |without: |\())`;

function withFlag(text: string, name: string, { on, off }: { on?: Option; off?: Option }): string {
  const given = (whole: string, said: string) => {
    if (said === "false" || said === "null") return off?.long ?? whole;
    if (!on) return whole;
    return said === "true" ? on.long! : `${on.long} ${plain(said)}`;
  };
  const flag = on?.long ?? off!.long!;
  const told = text
    .replace(new RegExp(String.raw`(?<=expected )${name}(?=: )|(?<=^[\w.]+: )${name}(?=: expected)`), flag)
    .replace(new RegExp(String.raw`(?<=: )${name}(?= cannot be combined)|(?<=cannot be combined with )${name}\b`), flag)
    .replace(new RegExp(String.raw`\{ ${name}: (${value}) \}`, "g"), given)
    .replace(new RegExp(String.raw`${advice}${name}: (${value})(?![\w"])`, "g"), given);
  // A name of several words is no word of a sentence.
  return /[A-Z]/.test(name) ? told.replace(new RegExp(String.raw`(?<![\w"-])${name}(?![\w(])`, "g"), flag) : told;
}

/** A value as it is typed: lists with commas, quotes only around what a shell would cut. */
const plain = (said: string): string => {
  if (said.startsWith("[")) return said.slice(1, -1).replace(/"/g, "").replace(/, /g, ",");
  return /^"[\w.-]+"$/.test(said) ? said.slice(1, -1) : said;
};
