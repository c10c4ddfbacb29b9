/** A result by media type (`image/svg+xml`, `text/html`, `text/plain`): a notebook shows the richest form that it knows. */
export type Forms = Readonly<Record<string, string>>;

/** The name of the method by which Deno's kernel of Jupyter has the last value of a cell show itself. */
export const display: unique symbol = Symbol.for("Jupyter.display");

interface Drawing {
  /** Of the results that have a `display`. On a page there is none: what draws stays out of it (scripts/for-pages.mjs). */
  formsOf?(result: never): Promise<Forms>;
}

let load = async (): Promise<Drawing> => ({});

/** Says who draws results, loaded when a notebook shows one. `index.ts` says so once: arrays and histories know of no plots. */
export function useForms(loading: () => Promise<Drawing>): void {
  load = loading;
}

/** A result as a notebook shows it. */
export async function formsOf(result: object): Promise<Forms> {
  const drawn = (await load()).formsOf?.(result as never);
  return drawn ?? { "text/plain": String(result) };
}
