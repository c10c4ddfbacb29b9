/** Letters of scripts that put no blanks between words. */
const joined = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}]/gu;

/**
 * Reads characters where most letters of the texts are of such a script and nothing else is asked for, which is said: each
 * sentence would be one word.
 */
export function readingOf(
  texts: readonly string[],
  charLevel: boolean | undefined,
  say: (line: string) => void,
): { charLevel?: boolean } {
  if (charLevel !== undefined) return { charLevel };
  const sample = texts.slice(0, 1000).join(" ").slice(0, 100_000);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  if (2 * (sample.match(joined)?.length ?? 0) <= letters) return {};
  say("the texts have no blanks between words: read character by character (--char-level)");
  return { charLevel: true };
}
