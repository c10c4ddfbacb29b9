import { carried } from "../../generate/carried.ts";
import { rereadingSession, type Session, statefulSession } from "../../generate/session.ts";
import type { Model } from "../../models/model.ts";
import { Sequential, sequential } from "../../models/sequential.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { adam } from "../../train/optimizers/index.ts";
import { oneHotRows } from "../shared/bundled.ts";
import type { Ready } from "./network.ts";

/** A model of the same layers, with metrics of our own that a Keras file had better not name. */
export interface Trainer {
  readonly model: Model;
  /** Forgets the states it carries. */
  reset(): void;
}

/** A language model, as its copies see it. */
interface Original {
  /** Throws DataError where it is untrained. */
  ready(): Ready;
  /** Padding is masked, not read as a word. */
  readonly maskZero: boolean;
  /** Ids that a model of prefixes reads. */
  width(): number;
  /** Writes it as a language model. */
  save(path: string | URL): Promise<void>;
}

/** Models of the same layers and weights as a language model's, which work beside it: trainers, evaluators, sessions that write. */
export class Copies {
  readonly #of: Original;
  /** Those of streams by their rows, the other by 0. */
  readonly #trainers = new Map<string, Trainer>();
  /** Idle sessions, by their rows. */
  readonly #idle = new Map<number, Session[]>();
  /** Compile options of the model when these were made. */
  #compiled: Model["compiled"] = null;

  constructor(of: Original) {
    this.#of = of;
  }

  /** Whether one of them has taken a training step. */
  get trained(): boolean {
    return [...this.#trainers.values()].some(({ model }) => model.iterations > 0);
  }

  forget(): void {
    this.#trainers.clear();
    this.#idle.clear();
  }

  /** For streams of `rows` rows; null for lines and prefixes. One that evaluates is not busy while a training waits. */
  trainer(rows: number | null, purpose: "trains" | "evaluates" = "trains"): Trainer {
    const { model, reading } = this.#current();
    const key = `${purpose} ${rows ?? 0}`;
    const found = this.#trainers.get(key);
    if (found) return found;
    const trainer: Trainer = rows === null ? { model: copyOf(model), reset: () => {} } : carried(model, rows);
    const { optimizer, options } = model.compiled ?? { optimizer: adam(), options: {} };
    const ours = reading.tokenizer.charLevel ? "bitsPerCharacter" : "perplexity";
    const loss = "sparseCategoricalCrossentropy"; // targets are ids here, whatever another program gave
    trainer.model.compile({ ...options, optimizer, loss, metrics: ["accuracy", ours] });
    // A checkpoint is a language model, whichever model trains.
    trainer.model.save = async (path, given) => {
      await this.keepOptimizer(trainer);
      return /\.keras$/i.test(String(path)) ? this.#of.save(path) : model.save(path, given);
    };
    this.#trainers.set(key, trainer);
    return trainer;
  }

  /** Leaves the optimizer state of a trainer with the model. */
  async keepOptimizer(trainer: Trainer): Promise<void> {
    const state = trainer.model.optimizerState;
    if (state) await this.#of.ready().model.restoreOptimizer(state);
  }

  /** A session for exclusive use until it is returned; the given one, if there is one, stays whose it is. */
  session(rows: number, session?: Session): { session: Session; giveBack: () => void } {
    if (session) return { session, giveBack: () => {} };
    const { model, reading, bundled } = this.#current();
    const size = model.inputShape!.at(-1)!;
    const encode = bundled?.oneHot ? (ids: NdArray) => oneHotRows(ids, size) : undefined;
    const idle = this.#idle.get(rows) ?? [];
    this.#idle.set(rows, idle);
    // Padding that was read as a word is part of what the model learned: it must be there again.
    const padded = reading.scheme === "prefixes" && !this.#of.maskZero;
    const open = () =>
      padded ? rereadingSession(copyOf(model), this.#of.width(), { rows, encode }) : statefulSession(model, { rows });
    const free = idle.pop() ?? open();
    return { session: free, giveBack: () => void idle.push(free) };
  }

  /** The model; copies know the optimizer and backend that it was compiled with, so that another `compile` makes new ones. */
  #current(): Ready {
    const ready = this.#of.ready();
    const { compiled } = ready.model;
    if (this.#compiled !== compiled) this.forget();
    this.#compiled = compiled;
    return ready;
  }
}

/** Another model of the same layers, with the same weights: it can work while that one does. */
function copyOf(model: Model): Model {
  const layers = model instanceof Sequential ? model.layers : [model];
  const copy = sequential(layers, { name: model.name, seed: model.seed });
  if (!copy.built && model.inputShape) copy.build(model.inputShape);
  if (model.compiled) copy.compile(model.compiled.options);
  return copy;
}
