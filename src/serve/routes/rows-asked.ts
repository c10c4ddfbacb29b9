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
