/**
 * Breaks text into lines at spaces, greedily, as the `rich` terminal library does, which draws Keras's summaries.
 * A word wider than a line is cut with an ellipsis, or with `"fold"` continued on the next line. Widths are in characters.
 *
 *   wrap("batch_normalization (BatchNormalization)", 31, "ellipsis");
 *   // ["batch_normalization", "(BatchNormalization)"]
 */
export function wrap(text: string, width: number, tooWide: "ellipsis" | "fold"): string[] {
  const characters = [...text];
  const ends = [...breaks(text, width, tooWide), characters.length];
  return ends.map((end, i) => {
    const line = characters.slice(i === 0 ? 0 : ends[i - 1], end);
    while (line.length > width && line.at(-1)!.trim() === "") line.pop();
    return line.length > width ? `${line.slice(0, width - 1).join("")}…` : line.join("");
  });
}

/** The offsets at which a new line starts; a word carries the spaces behind it. */
function breaks(text: string, width: number, tooWide: "ellipsis" | "fold"): number[] {
  const offsets: number[] = [];
  let start = 0; // of the word
  let column = 0; // where it would begin on the line
  for (const [word] of text.matchAll(/\s*\S+\s*/gu)) {
    const size = [...word].length;
    const ink = [...word.trimEnd()].length;
    if (column + ink <= width) {
      column += size;
    } else if (ink > width && tooWide === "fold") {
      for (let offset = 0; offset < size; offset += width) {
        if (start + offset > 0) offsets.push(start + offset);
        column = Math.min(width, size - offset);
      }
    } else {
      if (start > 0) offsets.push(start);
      column = size;
    }
    start += size;
  }
  return offsets;
}
