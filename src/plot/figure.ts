/** A figure of `figure`. */
export interface Figure {
  /** The text of the SVG file. */
  readonly svg: string;
  /** The same. */
  toString(): string;
}

/**
 * A plot that shows itself where it is the last line of a notebook's cell (Deno's kernel of Jupyter); as text it is its SVG.
 * Histories and arrays show themselves as they are.
 *
 *   figure(await plotHistory(history.history));
 */
export function figure(svg: string): Figure {
  const shown = {
    svg,
    toString: () => svg,
    [Symbol.for("Jupyter.display")]: () => ({ "image/svg+xml": svg, "text/plain": "a figure" }),
  };
  return shown;
}
