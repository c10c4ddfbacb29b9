import { DataError, problem, suggest } from "../errors.ts";
import { describe } from "./split-words.ts";

/** Options for turning a text into tokens; the names are those of Keras's `TextVectorization`, in camelCase. */
export interface TextRules {
  /**
   * Normalization of a text before it is split: lower case, without punctuation, both, `null` for neither, or a function of
   * your own. Default `"lowerAndStripPunctuation"`.
   */
  standardize?: "lowerAndStripPunctuation" | "lower" | "stripPunctuation" | null | ((text: string) => string);
  /**
   * Way of splitting a text into tokens: at white space, `"character"` for one token a code point, `null` for the text as one token, or a
   * function of your own. Default `"whitespace"`.
   */
  split?: "whitespace" | "character" | null | ((text: string) => string[]);
  /**
   * 2: every pair of neighbours as well as the single tokens, and so on up to this many; `[2]`: the pairs alone. Default: single
   * tokens.
   */
  ngrams?: number | readonly number[];
}

const who = "textVectorization";
const standards = ["lowerAndStripPunctuation", "lower", "stripPunctuation"];
const splits = ["whitespace", "character"];
const punctuation = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g;

/**
 * The tokens of one text. Lower-casing is that of TensorFlow's `strings.lower`: ASCII letters only. Punctuation vanishes,
 * it does not separate: `it's` → `its`, `well-known` → `wellknown`. N-grams come width by width, joined by a space.
 *
 *   standardizeAndSplit("It's well-known: WAR", {});   // ["its", "wellknown", "war"]
 */
export function standardizeAndSplit(text: string, rules: TextRules): string[] {
  const { ngrams } = rules;
  const tokens = splitText(standardizeText(text, rules.standardize), rules.split);
  if (ngrams === undefined) return tokens;
  const given = typeof ngrams === "number" ? [ngrams] : ngrams;
  if (!Array.isArray(given) || given.length === 0 || !given.every((width) => Number.isInteger(width) && width > 0)) {
    throw new DataError(problem(who, "ngrams to be whole numbers, 1 or more", JSON.stringify(ngrams)));
  }
  const upTo = Math.min(given[0], tokens.length); // wider ones there are not
  const widths = typeof ngrams === "number" ? Array.from({ length: upTo }, (_, i) => i + 1) : given;
  const words = widths.reduce((n, width) => n + width * Math.max(0, tokens.length - width + 1), 0);
  if (words > mostWords) {
    const next = "Give ngrams 3, for example: longer ones rarely repeat.";
    throw new DataError(
      problem(who, `n-grams of at most ${mostWords} words in one text`, `${words} of ${JSON.stringify(ngrams)}`, next),
    );
  }
  return widths.flatMap((width) =>
    Array.from({ length: Math.max(0, tokens.length - width + 1) }, (_, i) => tokens.slice(i, i + width).join(" ")),
  );
}

const mostWords = 2 ** 24; // n-grams of every width of a long text would fill any memory

function standardizeText(text: string, standardize: TextRules["standardize"] = "lowerAndStripPunctuation"): string {
  if (standardize === null) return text;
  if (typeof standardize === "function") {
    const own = standardize(text);
    if (typeof own === "string") return own;
    throw new DataError(problem(who, "standardize to return a string", describe(own)));
  }
  checkName("standardize", standardize, standards);
  const cased = standardize === "stripPunctuation" ? text : text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
  return standardize === "lower" ? cased : cased.replace(punctuation, "");
}

function splitText(text: string, split: TextRules["split"] = "whitespace"): string[] {
  if (split === null) return [text];
  if (typeof split === "function") {
    const own = split(text);
    if (Array.isArray(own) && own.every((token) => typeof token === "string")) return own;
    throw new DataError(problem(who, "split to return a list of strings", describe(own)));
  }
  checkName("split", split, splits);
  return split === "character" ? [...text] : text.split(/[ \t\n\v\f\r]+/).filter((token) => token !== "");
}

function checkName(option: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const next = `${suggest(String(name), known)} Or null, or a function.`;
  throw new DataError(problem(who, `a known ${option}`, describe(name), next));
}
