import { type AnyModel, NdArray } from "../../index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Fields } from "../http/schema.ts";
import type { RequestLimits } from "./route.ts";

/** The one field among several that a body gives. Throws HttpProblem (400) for none or more. */
export function oneField<N extends string>(body: Fields, names: readonly N[]): N {
  const given = names.filter((name) => Object.hasOwn(body, name));
  if (given.length === 1) return given[0];
  const found = given.length === 0 ? "none" : given.join(" and ");
  throw new HttpProblem(400, `Expected one of ${names.join(", ")}; received ${found}.`);
}

/** Throws HttpProblem (413) for more rows than a request may have. */
export function checkRows(rows: readonly unknown[], { maxRows }: RequestLimits, called = "rows"): void {
  if (rows.length <= maxRows) return;
  throw new HttpProblem(413, `Expected at most ${maxRows} ${called}, received ${rows.length}.`);
}

/** Throws HttpProblem (413) for a row of more steps than one may have: what it takes in memory grows with them. */
export function checkSteps(steps: number, { maxSteps }: RequestLimits): void {
  if (steps > maxSteps) throw new HttpProblem(413, `Expected at most ${maxSteps} steps in a row, received ${steps}.`);
}

const charactersOfToken = 4; // a text of so many for each token of the limit is none that somebody wrote

/** Throws HttpProblem (400) for a text that is too long to search for a translation of. */
export function checkTexts(texts: readonly string[], { maxTokens }: RequestLimits): void {
  const most = charactersOfToken * maxTokens;
  const long = texts.find((text) => text.length > most);
  if (long === undefined) return;
  throw new HttpProblem(400, `Expected at most ${most} characters in a text, received ${long.length}.`);
}

/** As checkSteps, for the inputs of a model that reads rows of any length: arrays, or lists of JSON, one or by name. */
export function checkInputs({ inputs }: AnyModel, given: unknown, limits: RequestLimits): void {
  const byName = typeof given === "object" && given !== null && !Array.isArray(given) && !(given instanceof NdArray);
  for (const [k, { name, shape }] of (inputs ?? []).entries()) {
    if (shape[1] !== null) continue;
    const value = byName ? Object.getOwnPropertyDescriptor(given, name)?.value : k === 0 ? given : null;
    if (value instanceof NdArray) checkSteps(value.shape[1] ?? 1, limits);
    else if (Array.isArray(value)) for (const row of value) if (Array.isArray(row)) checkSteps(row.length, limits);
  }
}
