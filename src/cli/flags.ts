import type { Command, Option } from "commander";
import { inCode, type OptionWriter } from "../errors.ts";

/**
 * Writes an option named in a message as a flag: `--units 8`, `--no-logarithm`, `--from ROW` where any value will do. What no
 * command has is written as in code; what is said to programs alone is left out.
 */
export function flagsOf(commands: readonly Command[]): OptionWriter {
  const all = commands.flatMap((command) => command.options).filter(({ hidden, long }) => !hidden && long);
  return (named) => {
    const { option, value, code } = named;
    if (option === undefined) return "";
    const [on, off] = [false, true].map((no) => all.find((o) => o.attributeName() === option && o.negate === no));
    if (!on && !off) return inCode(named);
    if (value === undefined) return code === undefined ? (on ?? off!).long! : withValueName(on ?? off!);
    if (value === false || value === null) return off?.long ?? `${isCapital(code) ? "Leave" : "leave"} ${on!.long} out`;
    return on ? [on.long, ...(value === true ? [] : [typed(value)])].join(" ") : inCode(named);
  };
}

/** `--from <row>` → `--from ROW` */
const withValueName = ({ flags, long }: Option): string =>
  `${long} ${(/<(.*)>/.exec(flags)?.[1] ?? "value").toUpperCase()}`;

const isCapital = (text = ""): boolean => text.charAt(0) !== text.charAt(0).toLowerCase();

/** A value as it is typed: lists with commas, quotes only around what a shell would cut. */
const typed = (value: unknown): string =>
  Array.isArray(value) ? value.join(",") : /^[\w.-]+$/.test(String(value)) ? String(value) : JSON.stringify(value);
