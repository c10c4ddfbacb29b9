import { DataError, problem, suggest } from "../../errors.ts";
import { abs, add, div, maximum, mul, sqrt, square, sub } from "../../ops/elementwise.ts";
import { matmul } from "../../ops/matmul.ts";
import { sum } from "../../ops/reduce.ts";
import type { Regularizer } from "../layer.ts";

/** Names of the regularizers. */
export type RegularizerName = keyof typeof named;
/** A regularizer, or its name. */
export type RegularizerLike = RegularizerName | Regularizer;

/**
 * strength · Σ |w|: pulls weights to exactly zero (Tibshirani 1996).
 *
 *   dense(1, { kernelRegularizer: regularizers.l1(0.01) })
 */
export function l1(strength = 0.01): Regularizer {
  const l1 = strengthOf(strength, "l1");
  return { className: "L1", config: { l1 }, penalty: (w) => mul(sum(abs(w)), l1) };
}

/**
 * strength · Σ w²: keeps weights small (ridge, Hoerl & Kennard 1970). Keras has no ½ in front.
 *
 *   dense(8, { kernelRegularizer: regularizers.l2(0.001) })
 */
export function l2(strength = 0.01): Regularizer {
  const l2 = strengthOf(strength, "l2");
  return { className: "L2", config: { l2 }, penalty: (w) => mul(sum(square(w)), l2) };
}

/**
 * Both at once: l1 · Σ |w| + l2 · Σ w². The name alone, "l1l2", means 0.01 of each, as Keras documents it.
 *
 *   dense(8, { kernelRegularizer: regularizers.l1l2({ l1: 0.001, l2: 0.01 }) })
 */
export function l1l2({ l1 = 0, l2 = 0 } = {}): Regularizer {
  const a = strengthOf(l1, "l1");
  const b = strengthOf(l2, "l2");
  return {
    className: "L1L2",
    config: { l1: a, l2: b },
    penalty: (w) => add(mul(sum(abs(w)), a), mul(sum(square(w)), b)),
  };
}

/**
 * Penalizes rows (or columns) of a matrix that are not orthogonal: factor · mean over pairs of |cos| of their angles (Brock et al. 2017).
 *
 *   lstm(64, { recurrentRegularizer: regularizers.orthogonalRegularizer({ factor: 0.01 }) })
 */
export function orthogonalRegularizer({ factor = 0.01, mode = "rows" as "rows" | "columns" } = {}): Regularizer {
  const strength = strengthOf(factor, "factor");
  if (mode !== "rows" && mode !== "columns") {
    throw new DataError(
      problem(
        "orthogonalRegularizer",
        'mode "rows" or "columns"',
        `"${mode}"`,
        "Rows stand at right angles, or columns do.",
      ),
    );
  }
  return {
    className: "OrthogonalRegularizer",
    config: { factor: strength, mode },
    penalty: (w) => {
      if (w.shape.length !== 2) {
        throw new DataError(problem("orthogonalRegularizer", "a matrix", `rank ${w.shape.length}`, "Use l2() there."));
      }
      const rows = mode === "rows";
      const n = w.shape[rows ? 0 : 1];
      if (n < 2) return mul(sum(w), 0); // a single row stands at right angles to nothing
      const length = sqrt(maximum(sum(square(w), [rows ? 1 : 0], true), 1e-12));
      const unit = div(w, length);
      const cosines = matmul(unit, unit, !rows, rows); // [n, n], ones on the diagonal
      const diagonal = sum(square(unit));
      return mul(sub(sum(abs(cosines)), diagonal), strength / (n * (n - 1)));
    },
  };
}

const named = {
  l1: () => l1(),
  l2: () => l2(),
  l1l2: () => l1l2({ l1: 0.01, l2: 0.01 }),
  orthogonalRegularizer: () => orthogonalRegularizer(),
};

/** The regularizer behind a name; null for none: `regularizerOf("l2")`. */
export function regularizerOf(like: RegularizerLike | null | undefined, who = "regularizer"): Regularizer | null {
  if (like === null || like === undefined) return null;
  if (typeof like === "object" && typeof like.penalty === "function") return like;
  const make = typeof like === "string" && Object.hasOwn(named, like) ? named[like] : undefined;
  if (make) return make();
  const next =
    typeof like === "string" ? suggest(like, Object.keys(named)) : "Write regularizers.l2(0.01), for example.";
  throw new DataError(problem(who, "a regularizer", typeof like === "string" ? `"${like}"` : String(like), next));
}

function strengthOf(value: number, what: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new DataError(
    problem(
      "regularizer",
      `${what} as a number of 0 or more`,
      String(value),
      "A penalty below zero would reward large weights.",
    ),
  );
}
