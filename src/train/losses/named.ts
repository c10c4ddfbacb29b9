import { DataError, problem, suggest } from "../../errors.ts";
import * as all from "./index.ts";
import { type Loss, plain } from "./loss.ts";

const named = { ...all };
/** Names of the losses. */
export type LossName = keyof typeof named;
/** Keras's short names. */
const aliases = {
  bce: "binaryCrossentropy",
  kld: "klDivergence",
  logcosh: "logCosh",
  mae: "meanAbsoluteError",
  mape: "meanAbsolutePercentageError",
  mse: "meanSquaredError",
  msle: "meanSquaredLogarithmicError",
  binaryCrossEntropy: "binaryCrossentropy",
  categoricalCrossEntropy: "categoricalCrossentropy",
  sparseCategoricalCrossEntropy: "sparseCategoricalCrossentropy",
} as const satisfies Record<string, LossName>;

/** Other names of losses, Keras's abbreviations among them. */
export type LossAlias = keyof typeof aliases;
/** A name, a loss with options (`losses.huber({ delta: 2 })`), or a formula of target and prediction [B, ..., V] → [B, ...]. */
export type LossLike = LossName | LossAlias | Loss | Loss["formula"];

/**
 * The loss behind a name, with its defaults; Keras's own spelling (`binary_crossentropy`) is understood too. A function
 * becomes a loss over targets of the prediction's shape. Throws DataError for an unknown name.
 */
export function lossOf(like: LossLike): Loss {
  if (typeof like === "function") return plain(snakeCase(like.name || "custom_loss"), like);
  if (typeof like === "object" && like !== null && typeof like.formula === "function") return like;
  const key = lossKey(String(like));
  if (typeof like === "string" && key) return named[key]();
  throw new DataError(
    problem(
      "compile",
      "a known loss",
      `"${like}"`,
      suggest(String(like), [...Object.keys(named), ...Object.keys(aliases)]),
    ),
  );
}

/** The loss a name means, in whatever spelling; null for none. */
export function lossKey(name: string): LossName | null {
  const camel = name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
  const key = Object.hasOwn(aliases, camel) ? aliases[camel as keyof typeof aliases] : camel;
  return Object.hasOwn(named, key) ? (key as LossName) : null;
}

/** The loss of a name with options of ours. Throws DataError for one that it does not take. */
export function lossFrom(key: LossName, options: object): Loss {
  return (named[key] as (options: object) => Loss)(options);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
