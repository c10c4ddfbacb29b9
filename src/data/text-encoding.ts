import { DataError, problem, showValue } from "../errors.ts";

/**
 * A decoder for text of any encoding of the web: the standard's own decoders, where Node's leave out some and read others by other
 * tables. Throws DataError for a name that is none.
 *
 *   const decoder = await textDecoder("shift_jis", { fatal: true });
 *   decoder.decode(bytes);   // throws a TypeError where the bytes are no text of it
 */
export async function textDecoder(
  encoding = "utf-8",
  { fatal = false, who = "textDecoder" }: { fatal?: boolean; who?: string } = {},
): Promise<TextDecoder> {
  const { TextDecoder: Standard } = await import("@exodus/bytes/encoding-browser.js");
  try {
    return new Standard(encoding, { fatal });
  } catch {
    const next = 'Common ones are "utf-8", "windows-1252", "utf-16le", "shift_jis".';
    throw new DataError(problem(who, "an encoding as the web names it", showValue(encoding), next));
  }
}

/**
 * The likely encoding of bytes that are not UTF-8, by the script they would be written in: `"utf-16le"`, `"shift_jis"`,
 * `"windows-1251"`, …; `"windows-1252"` where nothing says another.
 *
 *   await guessEncoding(await readFile("old.csv"));   // windows-1252
 */
export async function guessEncoding(bytes: Uint8Array): Promise<string> {
  const wide = wideEncoding(bytes);
  if (wide !== null) return wide;
  const some = bytes.subarray(0, 65_536);
  const sample = some.subarray(0, some.length < bytes.length ? some.lastIndexOf(10) + 1 || some.length : undefined);
  for (const { name, script, least, common } of scripts) {
    const decoder = await textDecoder(name);
    const text = decoder.decode(sample);
    const foreign = text.match(/[\u0080-\u{10ffff}]/gu) ?? [];
    if (foreign.length === 0 || foreign.filter((c) => c === "\ufffd").length > foreign.length / 100) continue;
    // Words of a script stand together: a lone sign between Latin letters is an accented letter read wrongly.
    const together = text.match(new RegExp(`(?<![A-Za-z])(?:${script.source}){2,}(?![A-Za-z])`, "gu")) ?? [];
    if (together.join("").length < least * foreign.length) continue;
    if (!common || foreign.filter((c) => common.test(c)).length > foreign.length / 4) return name;
  }
  return "windows-1252";
}

/**
 * By script, those first that few bytes of others would pass for. `least`: the fraction of foreign signs that stand in its words;
 * `common`: letters of which a quarter of its texts is made, for scripts whose letters are the same bytes.
 */
const scripts: readonly { name: string; script: RegExp; least: number; common?: RegExp }[] = [
  { name: "shift_jis", script: /[\u3001\u3002\u3040-\u30ff\u4e00-\u9fff]/, least: 0.8, common: /[\u3040-\u30ff]/ },
  { name: "euc-jp", script: /[\u3001\u3002\u3040-\u30ff\u4e00-\u9fff]/, least: 0.8, common: /[\u3040-\u30ff]/ },
  { name: "euc-kr", script: /[\uac00-\ud7a3]/, least: 0.9 },
  { name: "gb18030", script: /[\u4e00-\u9fff\u3001\u3002\uff0c\uff01]/, least: 0.8 },
  { name: "big5", script: /[\u4e00-\u9fff\u3001\u3002\uff0c\uff01]/, least: 0.8 },
  { name: "windows-1251", script: /[А-Яа-яЁёЄєІіЇї]/, least: 0.8, common: /[оеаинт]/ },
  { name: "windows-1253", script: /[Ά-ώ]/, least: 0.8, common: /[αοιετσ]/ },
  { name: "windows-1255", script: /[א-ת]/, least: 0.8, common: /[יוהלא]/ },
  { name: "windows-1256", script: /[\u0621-\u064a]/, least: 0.8, common: /[اليمو]/ },
];

/**
 * UTF-16, by its mark or by the zero bytes beside every sign of ASCII; null for anything else.
 *
 *   wideEncoding(Uint8Array.of(0x68, 0, 0x69, 0)); // "utf-16le"
 */
export function wideEncoding(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const zeros = [0, 0]; // at even and at odd places
  const end = Math.min(bytes.length, 65_536) & ~1;
  for (let i = 0; i < end; i++) if (bytes[i] === 0) zeros[i % 2]++;
  const [even, odd] = zeros.map((n) => n / (end / 2));
  if (bytes.length % 2 === 1 || end === 0) return null;
  if (odd > 0.3 && even < 0.02) return "utf-16le";
  return even > 0.3 && odd < 0.02 ? "utf-16be" : null;
}
