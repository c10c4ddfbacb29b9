import { DataError, problem } from "../../errors.ts";

/** Throws the DataError of a method (`task.method`) that needs a trained task. */
export function untrained(who: string): never {
  const next = "Call fit first, or load a saved one.";
  throw new DataError(problem(who, "a trained task", "an untrained one", next));
}
