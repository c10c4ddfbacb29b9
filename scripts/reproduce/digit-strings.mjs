/** Strings of 3 to 5 digits, spoken and written: `sequenceTranscriber` beside a classifier of single digits on equal cuts. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { NdArray, sequenceClassifier } from "cellstate";
import { melSpectrogram, readIdx, readWav } from "cellstate/data";
import { errorRate, imageColumns, sequenceTranscriber } from "cellstate/transcribe";
import { unzipSync } from "fflate";
import { onceDone } from "../once-done.mjs";

const zip = "fsdd/fsdd-recordings.zip";
const images = ["mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz"];

export const writtenDigits = {
  title: "Strings of 3 to 5 written digits side by side, sequenceTranscriber",
  needs: images,
  target:
    "character error rate of 3 % or less (stretch 1.5 %) on strings of the last 2,000 of MNIST's test part, learned from the first 8,000",
  reach: { CER: { atMost: 0.03 } },
  section: () =>
    "Only MNIST's test part is at hand: its first 8,000 digits are learned from, in strings that are drawn anew in each epoch, its last 2,000 make 500 strings to test. " +
    "Digits lie side by side with 0 to 4 empty columns between. Epochs and sizes were chosen on strings of digits 7,000 to 7,999, learned from the first 7,000. " +
    "Seconds are those of a machine that had other work.\n\n",
  async run({ data, seed, quick }) {
    const { draw, columnsOf, labels } = written(data);
    const [count, tests] = quick ? [60, 20] : [1500, 500];
    const pass = (k) => draw(0, 8000, count, 1000 * seed + k);
    const test = draw(8000, 10_000, tests, 77);
    const task = sequenceTranscriber({ units: quick ? 8 : 96, window: 4, stride: 2, seed });
    const found = await trained(task, pass, test, { epochs: quick ? 2 : 20, batchSize: 32 });
    const digits = Array.from({ length: quick ? 300 : 8000 }, (_, k) => k);
    const single = sequenceClassifier({
      units: quick ? 8 : 64,
      bidirectional: true,
      pooling: "max",
      dropout: 0.3,
      seed,
    });
    await single.fit(
      digits.map(columnsOf),
      digits.map((k) => labels[k]),
      { epochs: quick ? 1 : 8, verbose: 0, validationSplit: 0 },
    );
    const equal = await equalCuts(
      single,
      test.map(({ input, transcript }) => ({ frames: input, transcript })),
    );
    return { ...found, figures: { ...found.figures, "CER, equal cuts and a classifier of digits": equal } };
  },
};

export const digitStrings = {
  title: "Strings of 3 to 5 spoken digits, the given split, sequenceTranscriber",
  needs: [zip],
  target:
    "character error rate of 2 % or less on the given split (recordings 0 to 4 of each speaker and digit to test)",
  reach: { CER: { atMost: 0.02 } },
  section: () =>
    "A string is 3 to 5 recordings of one speaker with up to 0.15 s of silence between. Strings of recordings 5 to 49 are drawn anew in each epoch; 300 of recordings 0 to 4 test. " +
    "The first three epochs have strings of one and two digits, with which the network stops saying blanks only. " +
    "Sizes were chosen on recordings 5 to 9, learned from 10 to 49 (character error rate 1.6 % there). Seconds are those of one thread on a machine that had other work.\n\n",
  run: ({ data, seed, quick }) => spoken(data, seed, quick, (row) => row.number < 5, { augment: { bands: 2 } }),
};

export const digitStringsSpeakers = {
  title: "Strings of 3 to 5 spoken digits of a speaker who was never heard, each left out in turn",
  needs: [zip],
  target: "mean character error rate of 15 % or less (stretch 8 %)",
  reach: { "CER, mean of the speakers": { atMost: 0.15 } },
  section: () =>
    "As digit-strings, but all recordings of one speaker test, and those of the other five are learned from, played up to a tenth faster or slower. " +
    "Sizes are those of digit-strings, with fewer strings: 800 in each of 20 epochs. Their number was chosen by the errors on two speakers, lucas and nicolas, learned from the other four; each of the two alone says the same: " +
    "6,000 strings in all leave 38 and 42 %, 16,000 leave 32 and 33 %. Other lengths of the vocal tract (`warp`), strings of several speakers' digits, and 20 mel bands were no better there, at the same number of strings (37, 35 and 33 % on average against 32 %).\n\n",
  async run({ data, seed, quick, keep }) {
    const speakers = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"].slice(0, quick ? 1 : 6);
    const found = [];
    const less = { augment: { bands: 2, speed: 0.1 }, count: 800, epochs: 20 };
    for (const speaker of speakers) {
      const file = keep && join(keep, `${speaker}.json`);
      found.push(await onceDone(file, () => spoken(data, seed, quick, (row) => row.speaker === speaker, less)));
      console.log(`${speaker}: ${found.at(-1).figures.CER}`);
    }
    const each = found.map(({ figures }, k) => [`CER, ${speakers[k]}`, figures.CER]);
    const mean = each.reduce((sum, [, cer]) => sum + cer, 0) / each.length;
    const sum = (name) => found.reduce((total, { figures }) => total + figures[name], 0);
    const simple = "CER, equal cuts and a classifier of digits";
    const figures = {
      "CER, mean of the speakers": mean,
      ...Object.fromEntries(each),
      [simple]: sum(simple) / found.length,
      "training, s": sum("training, s"),
      "all speakers, processor s": sum("processor, s"),
    };
    return { ...found[0], figures };
  },
};

async function spoken(data, seed, quick, isTest, { augment, count = 1000, epochs = 30 }) {
  const rows = recordings(`${data}/${zip}`);
  const [learned, held] = [rows.filter((row) => !isTest(row)), rows.filter(isTest)];
  const pass = (k) => spokenStrings(learned, quick ? 20 : count, 1000 * seed + k, k < 3 ? [1, 2] : [3, 5]);
  const test = spokenStrings(held, quick ? 10 : 300, 77);
  const task = sequenceTranscriber({ units: quick ? 8 : [96, 96], augment, seed });
  const found = await trained(task, pass, test, { epochs: quick ? 1 : epochs, batchSize: 16 });
  const single = sequenceClassifier({ units: quick ? 8 : 64, bidirectional: true, pooling: "max", dropout: 0.3, seed });
  const frames = ({ samples, sampleRate }) => melSpectrogram(samples, { sampleRate });
  await single.fit(
    learned.map(frames),
    learned.map(({ digit }) => digit),
    { epochs: quick ? 1 : 12, verbose: 0, validationSplit: 0 },
  );
  const equal = await equalCuts(
    single,
    test.map(({ input, transcript }) => ({ frames: frames(input), transcript })),
  );
  return { ...found, figures: { ...found.figures, "CER, equal cuts and a classifier of digits": equal } };
}

/** Trains on strings that are drawn anew in each pass, and tests. */
async function trained(task, pass, test, options) {
  const begun = performance.now();
  const { history } = await task.fit(pass, { ...options, verbose: 2 });
  const seconds = (performance.now() - begun) / 1000;
  const beam = await task.evaluate(test);
  const greedy = await task.evaluate(test, { strategy: "greedy" });
  const figures = {
    CER: beam.cer,
    "strings all right": beam.exact,
    "CER, greedy": greedy.cer,
    "training, s": seconds,
  };
  return { figures, history, backend: task.model.backendName };
}

/** The simple way: as many equal parts as there are digits (which it is told), and the class of each part. */
async function equalCuts(single, test) {
  const parts = test.flatMap(({ frames, transcript: { length } }) =>
    Array.from({ length }, (_, k) => {
      const at = (n) => Math.round((n * frames.shape[0]) / length);
      return frames.slice(at(k), Math.max(at(k) + 1, at(k + 1)));
    }),
  );
  const found = (await single.predict(parts)).map(({ label }) => String(label));
  let from = 0;
  const predicted = test.map(({ transcript }) => {
    const own = found.slice(from, from + transcript.length);
    from += transcript.length;
    return own;
  });
  return errorRate(
    test.map(({ transcript }) => [...transcript]),
    predicted,
  ).rate;
}

/** A stream of numbers from 0 to 1 by a seed (Numerical Recipes' linear congruential generator). */
export function numbersFrom(seed) {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let k = 0; k < 10; k++) next();
  return next;
}

/** MNIST's digits, and strings of them: columns are frames. */
export function written(data) {
  const [pixels, labels] = images.map((path) => readIdx(gunzipSync(readFileSync(`${data}/${path}`)), path));
  const columnsOf = (k) => imageColumns(pixels.row(k));
  const draw = (from, to, count, seed) => {
    const random = numbersFrom(seed);
    const below = (n) => Math.floor(random() * n);
    return Array.from({ length: count }, () => {
      const picked = Array.from({ length: 3 + below(3) }, () => from + below(to - from));
      const parts = picked.flatMap((k, n) => [new Float32Array(n === 0 ? 0 : 28 * below(5)), columnsOf(k).data]);
      const all = joined(parts);
      return { input: new NdArray(all, [all.length / 28, 28]), transcript: picked.map((k) => labels.data[k]).join("") };
    });
  };
  return { draw, columnsOf, labels: Array.from(labels.data, String) };
}

/** Recordings named digit_speaker_number.wav. */
export function recordings(path) {
  return Object.entries(unzipSync(readFileSync(path), { filter: ({ name }) => name.endsWith(".wav") })).map(
    ([name, bytes]) => {
      const [digit, speaker, number] = basename(name, ".wav").split("_");
      return { digit, speaker, number: Number(number), ...readWav(bytes, name) };
    },
  );
}

/** Strings of one speaker's recordings, `shortest` to `longest` of them, silence of up to 0.15 s between. */
export function spokenStrings(rows, count, seed, [shortest, longest] = [3, 5]) {
  const random = numbersFrom(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const speakers = [...new Set(rows.map(({ speaker }) => speaker))].sort();
  const bySpeaker = new Map(speakers.map((name) => [name, rows.filter(({ speaker }) => speaker === name)]));
  return Array.from({ length: count }, () => {
    const own = bySpeaker.get(pick(speakers));
    const picked = Array.from({ length: shortest + Math.floor(random() * (longest - shortest + 1)) }, () => pick(own));
    const { sampleRate } = picked[0];
    const silence = () => new Float32Array(Math.floor(random() * 0.15 * sampleRate));
    const samples = joined(picked.flatMap((row, n) => (n === 0 ? [row.samples] : [silence(), row.samples])));
    return { input: { samples, sampleRate }, transcript: picked.map(({ digit }) => digit).join("") };
  });
}

function joined(parts) {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
