import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  adam,
  corpusBleu,
  earlyStopping,
  encoderDecoder,
  greedyDecode,
  reduceLrOnPlateau,
  textVectorization,
} from "cellstate";
import { strFromU8, unzipSync } from "fflate";

export const french = {
  title: "English to French, sentences of 8 words or fewer, with attention",
  needs: ["fra-eng/fra-eng.zip"],
  target: "translations to be read, BLEU on sentences it has not seen, in 5 minutes or less",
  run({ data, seed, quick }) {
    const lines = strFromU8(unzipSync(readFileSync(`${data}/fra-eng/fra-eng.zip`))["fra-eng/fra.txt"]).split("\n");
    const meanings = new Map(); // a sentence with several translations is learned or tested, never both
    for (const line of lines.slice(0, quick ? 100 : 15_000)) {
      const [en, fr] = line.split("\t");
      if (tokens(fr).length <= 8) meanings.set(en, [...(meanings.get(en) ?? []), fr]);
    }
    const pairs = [...meanings];
    const [valid, test] = [1, 0].map((rest) => pairs.filter((_, i) => i % 25 === rest));
    return learned(
      { train: pairs.filter((_, i) => i % 25 > 1), valid, test },
      { seed, quick, words: 4000, epochs: 16 },
    );
  },
};

export const german = {
  title: "English to German, descriptions of pictures (Multi30k), with attention",
  needs: ["train", "val", "test_2016_flickr"].flatMap((part) => [`multi30k/${part}.en.gz`, `multi30k/${part}.de.gz`]),
  target: "translations to be read, BLEU on test_2016_flickr, in 5 minutes or less",
  run({ data, seed, quick }) {
    const [train, valid, test] = ["train", "val", "test_2016_flickr"].map((part) => {
      const [en, de] = ["en", "de"].map((language) =>
        gunzipSync(readFileSync(`${data}/multi30k/${part}.${language}.gz`))
          .toString("utf8")
          .trim()
          .split("\n"),
      );
      return en.map((text, i) => [text, [de[i]]]).slice(0, quick ? 50 : undefined);
    });
    const short = train.filter(([en, [de]]) => tokens(en).length <= 14 && tokens(de).length <= 14);
    return learned({ train: short, valid, test }, { seed, quick, words: 4000, epochs: 8 });
  },
};

/** Lower case; an apostrophe stays with the letters before it: l' eau. */
const tokens = (text) => text.toLowerCase().match(/\[\w+\]|[\p{L}\p{N}]+['’]?|[.?!,]/gu) ?? [];

/** Parts are lists of [text, translations]. */
async function learned({ train, valid, test }, { seed, quick, words: maxTokens, epochs }) {
  const pairs = (part) => part.flatMap(([text, list]) => list.map((translation) => [text, translation]));
  const rules = { standardize: (text) => tokens(text).join(" "), maxTokens: quick ? 50 : maxTokens };
  const [source, target] = [textVectorization(rules), textVectorization(rules)];
  source.adapt(train.map(([text]) => text));
  target.adapt(pairs(train).map(([, translation]) => `[start] ${translation} [end]`));
  const words = target.vocabulary();
  const rows = (part) => {
    const all = pairs(part);
    const before = target.encode(all.map(([, translation]) => `[start] ${translation}`));
    return [[source.encode(all.map(([text]) => text)), before], target.encode(all.map(([, t]) => `${t} [end]`))];
  };
  const sizes = { source: source.vocabulary().length, target: words.length, units: quick ? 8 : 128 };
  const { model, encoder, decoder } = encoderDecoder({ ...sizes, seed });
  const optimizer = adam({ learningRate: 0.0015, clipnorm: 1 });
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
  const { history, seconds } = await model.fit(...rows(train), {
    epochs: quick ? 1 : epochs,
    batchSize: 32,
    validationData: rows(valid),
    callbacks: [
      reduceLrOnPlateau({ patience: 1, factor: 0.3 }),
      earlyStopping({ patience: 3, restoreBestWeights: true }),
    ],
    verbose: 2,
  });
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  const { accuracy, loss } = await model.evaluate(...rows(test), { verbose: 0 });
  const [start, end] = ["[start]", "[end]"].map((word) => words.indexOf(word));
  const [seen, ...states] = await encoder.predict(source.encode(test.map(([text]) => text)));
  const written = await greedyDecode(decoder, { start, end, banned: [0, 1, start], length: 30, fixed: [seen], states });
  const answers = written.map(({ ids }) => ids.map((id) => words[id]));
  const { bleu, brevityPenalty } = corpusBleu(
    answers,
    test.map(([, list]) => list.map(tokens)),
  );
  const figures = {
    "test BLEU": 100 * bleu,
    "brevity penalty": brevityPenalty,
    "test accuracy of a word": accuracy,
    "test loss": loss,
    "pairs learned": pairs(train).length,
    "training, s": seconds,
  };
  const some = Array.from({ length: 10 }, (_, k) => Math.floor((k * test.length) / 10));
  const text = some.map((k) => `${test[k][0]}\n  → ${answers[k].join(" ")}\n    ${test[k][1].join(" / ")}`).join("\n");
  return { figures, history, backend: model.backendName, text };
}
