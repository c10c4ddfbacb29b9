/** `model.fit`, from the data to the History: rows or a stream → programs that step over them → validation → the loop with its callbacks. */
import { DataError, invalidOption, option, sentence, showValue } from "../../errors.ts";
import { callbackList } from "../callbacks/check-callback.ts";
import type { Callback, TrainingState } from "../callbacks/index.ts";
import { endsOnNaN } from "../callbacks/terminate-on-nan.ts";
import { averagingCallback, withAverage } from "../optimizers/averages.ts";
import { readOptions } from "../options.ts";
import { arrayTraining } from "./array-training.ts";
import { type BatchStream, isBatchStream } from "./batches.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import type { RankTeam } from "./blocks/team.ts";
import type { Batch, FitOptions } from "./fit-options.ts";
import type { History } from "./history.ts";
import { type LoopOptions, type Trainer, trainLoop } from "./loop.ts";
import { onNaNField } from "./no-number.ts";
import { screen } from "./progress.ts";
import { compiledOf } from "./rows.ts";
import type { Prepared, Runtime } from "./runtime.ts";
import { splittingOf } from "./splitting.ts";
import { streamTraining } from "./stream-training.ts";
import type { Arrays } from "./trainable-model.ts";
import type { Training } from "./training.ts";

/** Trains on arrays x and y, or on a stream of batches. */
export async function fit(
  runtime: Runtime,
  x: Arrays | BatchStream<Batch>,
  y: Arrays | undefined,
  options: FitOptions,
): Promise<History> {
  compiledOf(runtime.model, "fit");
  const split = await splitOf(runtime, options);
  if (!split.ranks) return fitHere(runtime, x, y, options, split, null);
  const { RankTeam } = await import("./blocks/index.ts");
  const team = new RankTeam(split, options);
  return fitHere(runtime, x, y, team.options(options), split, team).catch((error) => {
    split.ranks!.leave();
    throw error;
  });
}

/** Loads the splitting of batches where something splits them. */
async function splitOf(runtime: Runtime, options: FitOptions): Promise<Split> {
  const asked = splittingOf(options);
  if (asked.blocks === undefined && !asked.parallel) return { blocks: 1, asked: false, ranks: null };
  return (await import("./blocks/index.ts")).splitOf(asked, runtime.model.fixedBatch);
}

/** Trains in this process, one of a team or alone. */
async function fitHere(
  runtime: Runtime,
  x: Arrays | BatchStream<Batch>,
  y: Arrays | undefined,
  options: FitOptions,
  split: Split,
  team: RankTeam | null,
): Promise<History> {
  const given = loopOptions(options);
  const guarded = endsOnNoNumber(options, given.callbacks);
  const loop = team ? { ...given, callbacks: team.callbacks(given.callbacks) } : given;
  if (isBatchStream(x))
    return train(
      runtime,
      await streamTraining(runtime, x as BatchStream<Batch>, options, guarded, split),
      loop,
      split,
      team,
    );
  return train(
    runtime,
    await arrayTraining(runtime, x as Arrays, y as Arrays, options, guarded, split),
    loop,
    split,
    team,
  );
}

async function train<B>(
  runtime: Runtime,
  training: Training<B>,
  loop: LoopOptions,
  split: Split,
  team: RankTeam | null,
): Promise<History> {
  const { model, turns } = runtime;
  const { evaluation } = training;
  try {
    const prepared = await runtime.ready("fit");
    model.weightStore.changed(); // from here on, models that share layers with this one see that it trains
    const averaged = averagedIn(runtime, prepared);
    const { optimizer } = compiledOf(model, "fit");
    const averaging = averagingCallback(optimizer, averaged);
    const callbacks = [...(averaging ? [averaging] : []), ...loop.callbacks.map((c) => turns.atRest(c))];
    const validate: Trainer<B>["validate"] = (watch) =>
      withAverage(optimizer, averaged, () => evaluation!.run(watch).finally(() => model.weightStore.carried()));
    const rounds = model.weightStore.list.some(({ layer }) => layer.products);
    const bf16 = (rounds && prepared.backend.bf16) || "floats";
    await team?.checkSame(prepared, training.batches.description, loop.epochs, bf16);
    const batches = team ? team.share<B>(training.batches) : training.batches;
    const resting = team && {
      agree: (stop: boolean) => team.agree(stop),
      resumes: (bytes: Uint8Array) => team.resumes(bytes),
      begin: (state: TrainingState) => turns.rest(() => team.begin(state)),
    };
    const trainer = { ...training, batches, model, split, bf16, team: resting, ...(evaluation ? { validate } : {}) };
    return await trainLoop<B>(trainer, { ...loop, callbacks });
  } finally {
    training.free();
  }
}

/** Location of the weights for an optimizer that averages them. */
function averagedIn({ model: { weightStore } }: Runtime, { weights, optimizer }: Prepared) {
  return {
    weights,
    slots: optimizer().memory,
    words: weightStore.trainableWords,
    changed: () => {
      weightStore.changed();
      weightStore.writes++;
    },
  };
}

function loopOptions(options: FitOptions): LoopOptions {
  const { epochs = 1 } = options;
  if (!(Number.isInteger(epochs) && epochs >= 0)) {
    const next = "One epoch is one pass over all rows.";
    throw new DataError(
      invalidOption("fit", "epochs", sentence`${option("epochs")} as a whole number`, showValue(epochs), next),
    );
  }
  return {
    epochs,
    initialEpoch: options.initialEpoch ?? 0,
    stepsPerEpoch: options.stepsPerEpoch,
    validationFreq: options.validationFreq,
    verbose: options.verbose ?? 1,
    callbacks: callbackList("fit: callbacks", options.callbacks),
    signal: options.signal,
    ...screen(options.write),
  };
}

/** Whether training goes back to before a loss that is no number, and ends with an error. */
function endsOnNoNumber(options: FitOptions, callbacks: readonly Callback[]): boolean {
  const { onNaN } = readOptions("fit", { onNaN: options.onNaN }, { onNaN: onNaNField });
  return onNaN === null ? !callbacks.some(endsOnNaN) : onNaN === "error";
}
