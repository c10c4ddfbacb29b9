import { readFileSync } from "node:fs";
import { backupAndRestore, languageModel, learningRateScheduler, sgd } from "cellstate";

/**
 * Words of the Penn Treebank as one stream (Zaremba, Sutskever & Vinyals 2014): stochastic gradient descent whose rate falls
 * after the first epochs. Their loss is the sum over a window's steps, ours the mean: their rate 1 is `steps` here, and their
 * largest gradient norm 5 is 5 / steps.
 */
const program = ({ title, target, reach, units, steps, dropout, epochs, constant, decay, rate = 1 }) => ({
  title,
  needs: ["ptb/ptb.train.txt"],
  target,
  reach,
  async run({ data, seed, quick, keep }) {
    const [train, valid, test] = ["train", "valid", "test"].map((part) => {
      const text = readFileSync(`${data}/ptb/ptb.${part}.txt`, "utf8").trim();
      return quick ? text.split("\n").slice(0, 60).join("\n") : text;
    });
    const writer = languageModel({
      scheme: "stream",
      units: quick ? 8 : units,
      embedding: quick ? 8 : units[0],
      dropout,
      steps,
      filters: "", // <unk> is a word
      lower: false,
      ...(quick ? { oovToken: "<other>" } : {}),
      // the norm of the words' summed gradients: what the figures were measured with
      optimizer: sgd({ learningRate: rate * steps, globalClipnorm: 5 / steps, embeddingGradients: "sum" }),
      seed,
    });
    const falling = learningRateScheduler((epoch) => rate * steps * decay ** Math.max(0, epoch + 1 - constant));
    const resumed = keep === undefined ? [] : [backupAndRestore(keep, { saveFreq: 200, deleteCheckpoint: false })];
    const clock = stopwatch();
    const history = await writer.fit(train, {
      epochs: quick ? 1 : epochs,
      batchSize: quick ? 4 : 20,
      validationData: valid,
      verbose: 2,
      callbacks: [falling, clock, ...resumed],
    });
    const { perplexity, tokens } = await writer.evaluate(test);
    const words = train.split(/\s+/).length + train.split("\n").length;
    const text = await writer.complete("the company said", { words: 20, temperature: 0.7, seed, atEnd: "avoid" });
    const figures = {
      "test perplexity": perplexity,
      "validation perplexity": history.history.val_perplexity.at(-1),
      "test tokens": tokens,
      "training, s": clock.seconds(),
      "words a second": (words * history.epoch.length) / clock.seconds(),
    };
    return { figures, history: history.history, backend: writer.model.backendName, text };
  },
});

/** A callback that counts seconds of training; what came before an interruption counts. */
function stopwatch() {
  let before = 0;
  let begun = 0; // ms
  let ended = null;
  const seconds = () => before + ((ended ?? performance.now()) - begun) / 1000;
  return {
    seconds,
    onTrainBegin() {
      begun = performance.now();
    },
    onTrainEnd() {
      ended = performance.now();
    },
    state: seconds,
    restore(saved) {
      before = saved;
    },
  };
}

export const ptbSmall = program({
  title: "Penn Treebank, next word, small LSTM(200) twice",
  target: "test perplexity 115 or less in 13 epochs",
  reach: { "test perplexity": { atMost: 115 } },
  units: [200, 200],
  steps: 20,
  dropout: 0.2,
  epochs: 13,
  constant: 5,
  decay: 0.5,
});

export const ptbMedium = program({
  title: "Penn Treebank, next word, medium LSTM(650) twice",
  target: "test perplexity 90 or less in 90 minutes of training, on the way to 82.7 in 39 epochs",
  reach: { "test perplexity": { atMost: 90 }, "training, s": { atMost: 5400 } },
  units: [650, 650],
  steps: 35,
  dropout: 0.4,
  epochs: 12,
  constant: 6,
  decay: 0.55,
});
