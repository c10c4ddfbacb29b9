/**
 * `npm run reproduce -- NAME`: runs a result again, seeds 1, 2 and 3, and writes docs/results/NAME.md (figures, mean and
 * spread, backend, wall time, the command) and NAME.svg (the first seed's curves).
 *
 *   npm run reproduce -- airline
 *   npm run reproduce -- imdb-200 --seeds 1 --data ../shared/data
 *   npm run reproduce -- ptb-medium --seeds 1 --keep state/ptb    resumes where it was interrupted; seeds that are done are read again
 *   npm run reproduce -- all --quick          a scaled-down version of each, written to build/results
 *
 * A result is an object { title, needs, target, reach?, section?, beside?, run({ data, seed, quick, keep }) }. `reach` are the
 * target's numbers, by figure, for verdict.mjs; `section(runs)` is text of its own before the table of all seeds; `beside` names
 * another library's runs of the same program, a file of JSON lines, and which of their figures is which of ours; `keep` is a
 * folder for the checkpoints of an interrupted run, undefined without --keep. `run` gives { figures, history, backend, text? }
 * and, where curves by epoch are not what is to be seen, charts: { curves: svg }, written to NAME-curves.svg instead.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { plotHistory } from "cellstate/plot";
import { meanAndSpread, meanDifference, pairedDifference } from "./mean-difference.mjs";
import { onceDone } from "./once-done.mjs";
import { madeAnomalies, nab } from "./reproduce/anomalies.mjs";
import { atis } from "./reproduce/atis.mjs";
import { bf16Imdb } from "./reproduce/bf16.mjs";
import { bikeSharing } from "./reproduce/bike-sharing.mjs";
import { classProjects } from "./reproduce/class-projects.mjs";
import { collections } from "./reproduce/collections.mjs";
import { digitStrings, digitStringsSpeakers, writtenDigits } from "./reproduce/digit-strings.mjs";
import { pixelDigits, sequentialDigits } from "./reproduce/digits.mjs";
import { fewTexts } from "./reproduce/few-texts.mjs";
import { ettH1, forecastDefaults, pollution, stock, temperature } from "./reproduce/forecasts.mjs";
import { gradients } from "./reproduce/gradients.mjs";
import { imdb200, imdb500, imdbPairs, imdbSoftmax } from "./reproduce/imdb.mjs";
import { imdbText } from "./reproduce/imdb-text.mjs";
import { int8Imdb, int8Ptb } from "./reproduce/int8.mjs";
import { ptbMedium, ptbSmall } from "./reproduce/language.mjs";
import { m4Weekly } from "./reproduce/m4.mjs";
import { adding, recall } from "./reproduce/memory.mjs";
import { movingDigits } from "./reproduce/moving-digits.mjs";
import { chorales } from "./reproduce/music.mjs";
import { dialogues, faq } from "./reproduce/next-word.mjs";
import { airline, japaneseVowels, vowelsNetworks } from "./reproduce/series.mjs";
import { spokenDigits } from "./reproduce/speech.mjs";
import { french, german } from "./reproduce/translation.mjs";
import { twentySeries } from "./reproduce/twenty.mjs";
import { writeIndex } from "./results-index.mjs";
import { shown, verdict } from "./verdict.mjs";

const results = {
  "imdb-200": imdb200,
  "imdb-500": imdb500,
  "imdb-500-pairs": imdbPairs,
  "imdb-softmax": imdbSoftmax,
  "imdb-text": imdbText,
  "few-texts": fewTexts,
  atis,
  faq,
  dialogues,
  airline,
  temperature,
  stock,
  pollution,
  "ett-h1": ettH1,
  "forecast-defaults": forecastDefaults,
  "twenty-series": twentySeries,
  "m4-weekly": m4Weekly,
  collections,
  "made-anomalies": madeAnomalies,
  nab,
  "bike-sharing": bikeSharing,
  "japanese-vowels": japaneseVowels,
  "vowels-networks": vowelsNetworks,
  chorales,
  "translation-french": french,
  "translation-german": german,
  "spoken-digits": spokenDigits,
  "digit-strings": digitStrings,
  "digit-strings-speakers": digitStringsSpeakers,
  "written-digits": writtenDigits,
  "moving-digits": movingDigits,
  "bf16-imdb": bf16Imdb,
  "int8-imdb": int8Imdb,
  "int8-ptb": int8Ptb,
  "ptb-small": ptbSmall,
  "ptb-medium": ptbMedium,
  adding,
  "delayed-recall": recall,
  gradients,
  "sequential-digits": sequentialDigits,
  "pixel-digits": pixelDigits,
  "class-projects": classProjects,
};

const root = join(import.meta.dirname, "..");
const usage = `npm run reproduce -- NAME [options]: runs a result again and writes docs/results/NAME.md and its chart

  NAME             ${inLines(Object.keys(results), 17)} or all
  --seeds 1,2      seeds, with commas (default: 1,2,3; 1 with --quick)
  --data FOLDER    the data sets (default: shared/data beside the checkout)
  --quick          a scaled-down version, written to build/results
  --keep FOLDER    checkpoints: a run that was interrupted resumes, seeds that are done are read again
  --out FOLDER     where the page is written (default: docs/results)
  --help           this text`;
const { values, positionals } = readArguments();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [name = ""] = positionals;
if (positionals.length !== 1 || (name !== "all" && !Object.hasOwn(results, name)))
  refuse(`expected one name, or all, received "${positionals.join(" ")}".`);
const seeds = (values.seeds ?? (values.quick ? "1" : "1,2,3")).split(",").map(Number);
if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0))
  refuse(`expected seeds as whole numbers, received "${values.seeds}". For example --seeds 1,2,3.`);
const folder = values.out ?? join(root, values.quick ? "build/results" : "docs/results");
for (const one of name === "all" ? Object.keys(results) : [name]) await reproduce(one, results[one]);
if (existsSync(folder)) writeIndex(folder);

function readArguments() {
  const options = {
    data: { type: "string", default: join(root, "../shared/data") },
    seeds: { type: "string" },
    out: { type: "string" },
    keep: { type: "string" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  };
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return refuse(error.message);
  }
}

/** Ends with what is wrong, and with what can be asked. */
function refuse(what) {
  console.error(`reproduce: ${what}\n\n${usage}`);
  process.exit(1);
}

/** Words with commas, in lines of 100 characters, the second and later ones behind `indent` blanks. */
function inLines(words, indent) {
  const lines = [""];
  for (const word of words) {
    if (lines.at(-1).length + word.length > 98 - indent) lines.push("");
    lines[lines.length - 1] += `${word}, `;
  }
  return lines.map((line) => line.trimEnd()).join(`\n  ${" ".repeat(indent)}`);
}

async function reproduce(name, { title, needs, target, reach, beside, section, run }) {
  const absent = needs.find((file) => !existsSync(join(values.data, file)));
  if (absent) return void console.warn(`skipped ${name}: no ${absent} in the data folder; --data FOLDER names another`);
  const runs = [];
  for (const seed of seeds) {
    console.log(`${name}, seed ${seed}`);
    const kept = values.keep && join(values.keep, `${name}-${seed}${values.quick ? "-quick" : ""}`);
    runs.push({
      seed,
      ...(await onceDone(kept && join(kept, "result.json"), () =>
        run({ data: values.data, seed, quick: values.quick, keep: kept }),
      )),
    });
  }
  mkdirSync(folder, { recursive: true });
  const text = page(name, { title, target, reach, beside, section }, runs);
  writeFileSync(join(folder, `${name}.md`), `${text.trimEnd()}\n`);
  for (const [file, svg] of await chartsOf(name, title, runs[0])) writeFileSync(join(folder, file), svg);
  console.log(table(runs));
}

/** File names and drawings of the first seed's charts. */
async function chartsOf(name, title, { charts, history, seed }) {
  if (charts) return Object.entries(charts).map(([key, svg]) => [`${name}-${key}.svg`, svg]);
  return [[`${name}.svg`, await plotHistory(history, { title: `${title}, seed ${seed}` })]];
}

function page(name, { title, target, ...asked }, runs) {
  const { reach, beside, section } = values.quick ? {} : asked;
  const flags = [values.quick ? " --quick" : "", values.seeds ? ` --seeds ${values.seeds}` : ""].join("");
  const { charts } = runs[0];
  const pictures = charts
    ? Object.keys(charts).map((key) => `![${key}, seed ${runs[0].seed}](${name}-${key}.svg)`)
    : [`![loss and metrics by epoch](${name}.svg)`];
  const said = runs[0].text ? `\nSeed ${runs[0].seed}:\n\n\`\`\`\n${runs[0].text}\n\`\`\`\n` : "";
  return `# ${title}

Goal: ${target}.
${values.quick ? "\n**A scaled-down run: it shows that the program runs, not what it reaches.**\n" : ""}
${section ? section(runs) : ""}${table(runs)}
${reach ? `\n${verdict(reach, meansOf(runs))}\n` : ""}${beside ? comparison(beside, runs) : ""}
\`npm run reproduce -- ${name}${flags}\`, ${new Date().toISOString().slice(0, 10)}, backend ${runs[0].backend}, Node ${process.version},
${cpus().length} x ${cpus()[0].model.trim()}.

${pictures.join("\n")}
${said}`;
}

/** A figure a row; a column for each seed, then mean and spread (the standard deviation of the sample). */
function table(runs) {
  const several = runs.length > 1;
  const head = ["", ...runs.map(({ seed }) => `seed ${seed}`), ...(several ? ["mean", "spread"] : [])];
  const rows = Object.entries(meansOf(runs)).map(([key, mean]) => {
    const list = runs.map(({ figures }) => figures[key]);
    const { spread } = meanAndSpread(list);
    return [key, ...[...list, ...(several ? [mean, spread] : [])].map(shown)];
  });
  return [head, head.map((_, k) => (k === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Another library's runs beside ours: means with the sample's standard deviation, their difference with its 95 % interval. */
function comparison({ who, file, figures, paired = false }, runs) {
  const path = join(root, file);
  if (!existsSync(path) || runs.length < 2) return "";
  const theirs = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const others = paired ? runs.map(({ seed }) => theirs.find((one) => one.seed === seed)) : theirs;
  if (others.includes(undefined)) return "";
  const rows = Object.entries(figures).map(([figure, key]) => {
    const [a, b] = [runs.map((one) => one.figures[figure]), others.map((one) => one[key])];
    const { difference, halfWidth } = (paired ? pairedDifference : meanDifference)(a, b);
    return `| ${figure} | ${spreadOf(b)} | ${spreadOf(a)} | ${difference.toFixed(4)} ± ${halfWidth.toFixed(4)} |`;
  });
  const seeds = theirs.map((one) => one.seed).join(", ");
  return `
## Beside ${who}

|  | ${who}, ${theirs.length} seeds | Cellstate, ${runs.length} seeds | difference of the means, 95 % interval |
| --- | ---: | ---: | ---: |
${rows.join("\n")}

Mean ± standard deviation over seeds; the interval is ${paired ? "that of the differences, seed by seed" : "Welch's"}. ${who}: seeds ${seeds}, [its runs](${basename(file)}).
`;
}

function spreadOf(list) {
  const { mean, spread } = meanAndSpread(list);
  return `${mean.toFixed(4)} ± ${spread.toFixed(4)}`;
}

/** Each figure's mean over the runs. */
function meansOf(runs) {
  const mean = (key) => meanAndSpread(runs.map(({ figures }) => figures[key])).mean;
  return Object.fromEntries(Object.keys(runs[0].figures).map((key) => [key, mean(key)]));
}
