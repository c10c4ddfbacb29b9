/** The last steps in making the studio's model files: small, and the same to the bit. */
import { unzipSync, zipSync } from "fflate";

/** Bytes of a model's file at most: each is loaded by whoever opens its card. */
export const mostBytes = 500_000;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
/** A number with 12 bits of mantissa, which halve a deflated file. */
export function rounded(value) {
  float[0] = value;
  bits[0] = (bits[0] + 0x400) & 0xfffff800;
  return float[0];
}

/** The same archive, deflated, with one date, and with the words alone that the model reads. */
export function packed(bytes) {
  const files = Object.entries(unzipSync(bytes)).map(([name, data]) => {
    const kept = name.endsWith("tokenizer.json") ? pruned(data) : data;
    return [name, [kept, { level: 9, mtime: new Date(2026, 0, 1) }]];
  });
  return zipSync(Object.fromEntries(files));
}

/** A tokenizer without the words that are beyond its `num_words`. */
function pruned(data) {
  const tokenizer = JSON.parse(new TextDecoder().decode(data));
  const { config } = tokenizer;
  if (config.num_words === null) return data;
  const part = (text, keep) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).filter(keep)));
  const index = JSON.parse(config.word_index);
  const known = ([word]) => index[word] < config.num_words;
  const inUse = ([id]) => Number(id) < config.num_words;
  for (const name of ["word_counts", "word_docs", "word_index"]) config[name] = part(config[name], known);
  for (const name of ["index_docs", "index_word"]) config[name] = part(config[name], inUse);
  return new TextEncoder().encode(JSON.stringify(tokenizer));
}
