import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { backupAndRestore } from "cellstate";
import { evaluatedBleu, loadTranslator, translator } from "cellstate/translate";
import { strFromU8, unzipSync } from "fflate";

export const french = {
  title: "English to French, sentences of 8 words or fewer, translator with its defaults",
  needs: ["fra-eng/fra-eng.zip"],
  target: "translations to be read, BLEU (sacreBLEU's 13a, cased) on sentences it has not seen, 10 minutes",
  run({ data, seed, quick, keep }) {
    const lines = strFromU8(unzipSync(readFileSync(`${data}/fra-eng/fra-eng.zip`))["fra-eng/fra.txt"]).split("\n");
    const meanings = new Map(); // a sentence with several translations is learned or tested, never both
    for (const line of lines.slice(0, quick ? 100 : 15_000)) {
      const [en, fr] = line.split("\t");
      if (fr.split(" ").length <= 8) meanings.set(en, [...(meanings.get(en) ?? []), fr]);
    }
    const all = [...meanings];
    const [valid, test] = [1, 0].map((rest) => all.filter((_, i) => i % 25 === rest));
    return learned({ train: all.filter((_, i) => i % 25 > 1), valid, test }, { seed, quick, keep });
  },
};

export const german = {
  title: "English to German, descriptions of pictures (Multi30k), translator with its defaults",
  needs: ["train", "val", "test_2016_flickr"].flatMap((part) => [`multi30k/${part}.en.gz`, `multi30k/${part}.de.gz`]),
  target:
    "BLEU of 33 or more on test_2016_flickr (sacreBLEU's 13a, cased, detokenised) in about an hour (stretch 35 in half an hour)",
  reach: { "test BLEU": { atLeast: 33 } },
  run({ data, seed, quick, keep }) {
    const [train, valid, test] = ["train", "val", "test_2016_flickr"].map((part) => {
      const [en, de] = ["en", "de"].map((language) =>
        gunzipSync(readFileSync(`${data}/multi30k/${part}.${language}.gz`))
          .toString("utf8")
          .trim()
          .split("\n"),
      );
      return en.map((text, i) => [text, [de[i]]]).slice(0, quick ? 50 : undefined);
    });
    return learned({ train, valid, test }, { seed, quick, keep });
  },
};

/** Parts are lists of [text, translations]; a word-for-word dictionary is the baseline. */
async function learned({ train, valid, test }, { seed, quick, keep }) {
  const pairs = (part) => part.flatMap(([text, list]) => list.map((translation) => [text, translation]));
  const saved = keep && join(keep, "model.keras");
  if (keep) mkdirSync(keep, { recursive: true });
  const done = saved && existsSync(saved) && JSON.parse(readFileSync(`${saved}.json`, "utf8"));
  const task = done
    ? await loadTranslator(saved)
    : translator({ seed, ...(quick ? { units: 8, embedding: 8, pieces: 100 } : {}) });
  const begun = process.cpuUsage();
  const processor = () => Object.values(process.cpuUsage(begun)).reduce((a, b) => a + b) / 1e6;
  const trained = done || {
    history: await task.fit(pairs(train), {
      verbose: 2,
      validationData: pairs(valid),
      callbacks: keep ? [backupAndRestore(keep, { deleteCheckpoint: false })] : [],
      ...(quick ? { epochs: 1 } : {}),
    }),
    seconds: 0,
  };
  if (!done) {
    trained.seconds = processor();
    if (saved) {
      await task.save(saved);
      writeFileSync(
        `${saved}.json`,
        JSON.stringify({ history: { history: trained.history.history }, seconds: trained.seconds }),
      );
    }
  }
  const answers = await task.translate(test.map(([text]) => text));
  const references = test.map(([, list]) => list);
  const found = evaluatedBleu(
    answers.map(({ text }) => text),
    references,
  );
  const greedy = await task.evaluate(pairs(test), { beams: 1 });
  const baseline = evaluatedBleu(
    wordForWord(
      pairs(train),
      test.map(([text]) => text),
    ),
    references,
  );
  const some = Array.from({ length: 10 }, (_, k) => Math.floor((k * test.length) / 10));
  return {
    figures: {
      "test BLEU": found.bleu,
      "brevity penalty": found.brevityPenalty,
      "test BLEU, one beam": greedy.bleu,
      "test BLEU, word for word": baseline.bleu,
      "pairs learned": pairs(train).length,
      "training, s of processor": trained.seconds,
    },
    history: trained.history.history,
    backend: task.model.backendName ?? "native",
    text: some.map((k) => `${test[k][0]}\n  → ${answers[k].text}\n    ${test[k][1].join(" / ")}`).join("\n"),
  };
}

/** Each word by the one of the other language that comes with it most often, for how often both come (Dice's coefficient). */
function wordForWord(train, texts) {
  const words = (text) => text.match(/[\p{L}\p{N}]+|[^\s]/gu) ?? [];
  const [own, other, both] = [new Map(), new Map(), new Map()];
  const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const [source, target] of train) {
    const [a, b] = [new Set(words(source)), new Set(words(target))];
    for (const word of a) {
      add(own, word);
      if (!both.has(word)) both.set(word, new Map());
      for (const to of b) add(both.get(word), to);
    }
    for (const word of b) add(other, word);
  }
  const best = new Map();
  for (const [word, counts] of both) {
    let top = 0;
    for (const [to, count] of counts) {
      const score = (2 * count) / (own.get(word) + other.get(to));
      if (score > top) {
        top = score;
        best.set(word, to);
      }
    }
  }
  return texts.map((text) =>
    words(text)
      .map((word) => best.get(word) ?? word)
      .join(" ")
      .replace(/ ([.,!?])/g, "$1"),
  );
}
