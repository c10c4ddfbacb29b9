import { FormatError, problem } from "../errors.ts";

/**
 * A flat JSON object `{"key": number or string, …}` as a Map in the order of the file. `JSON.parse` cannot give this: a
 * JavaScript object lists number-like keys ("3", "2001") first. A key such as "__proto__" is a key like any other.
 * Throws FormatError naming the character.
 *
 *   parseFlatObject('{"zeta": 1, "3": 2}', "counts");   // Map { "zeta" → 1, "3" → 2 }
 */
export function parseFlatObject(text: string, who: string): Map<string, string | number> {
  const found = new Map<string, string | number>();
  let at = skipSpace(text, expectSign(text, skipSpace(text, 0), "{", who));
  if (text[at] === "}") {
    checkEnd(text, at + 1, who);
    return found;
  }
  for (;;) {
    const key = readString(text, at, who);
    at = skipSpace(text, expectSign(text, skipSpace(text, key.end), ":", who));
    const value = text[at] === '"' ? readString(text, at, who) : readNumber(text, at, who);
    found.set(key.value, value.value);
    at = skipSpace(text, value.end);
    if (text[at] !== ",") break;
    at = skipSpace(text, at + 1);
  }
  checkEnd(text, expectSign(text, at, "}", who), who);
  return found;
}

function readString(text: string, start: number, who: string): { value: string; end: number } {
  let end = expectSign(text, start, '"', who);
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  if (end >= text.length) throw new FormatError(problem(who, `a closing quote`, `none after character ${start}`));
  const quoted = text.slice(start, end + 1);
  try {
    return { value: JSON.parse(quoted) as string, end: end + 1 };
  } catch {
    throw new FormatError(problem(who, `a JSON string at character ${start}`, quoted.slice(0, 40)));
  }
}

function readNumber(text: string, start: number, who: string): { value: number; end: number } {
  const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  pattern.lastIndex = start;
  const match = pattern.exec(text);
  if (!match) throw new FormatError(problem(who, `a number or a string at character ${start}`, shown(text, start)));
  return { value: Number(match[0]), end: pattern.lastIndex };
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  return at;
}

/** The place after `sign`, which must stand at `at`. */
function expectSign(text: string, at: number, sign: string, who: string): number {
  if (text[at] === sign) return at + 1;
  throw new FormatError(problem(who, `${sign} at character ${at}`, shown(text, at)));
}

function checkEnd(text: string, at: number, who: string): void {
  const end = skipSpace(text, at);
  if (end < text.length) throw new FormatError(problem(who, `nothing after character ${end}`, shown(text, end)));
}

function shown(text: string, at: number): string {
  return at < text.length ? JSON.stringify(text.slice(at, at + 12)) : "the end";
}
