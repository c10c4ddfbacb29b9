/**
 * Keras's program out of a lab's table of steps: the code of its column "Keras", each line below its step as a comment.
 * Lines that the table leaves to words ("a loop over ...") stay comments.
 */
export function kerasLines(page: string): string | null {
  const table = /^\| step \| Keras \|.*\n\|[-|: ]+\|\n((?:\|.*\n)+)/m.exec(page)?.[1];
  if (!table) return null;
  const lines = table
    .trimEnd()
    .split("\n")
    .map((row) => cellsOf(row))
    .flatMap(([step, keras]) => {
      const code = [...keras.matchAll(/`([^`]+)`/g)].map(([, line]) => line);
      const words = keras.replace(/`[^`]+`/g, "").replace(/[,;.\s()]/g, "");
      const said = `# ${step.replaceAll("`", "")}`;
      if (code.length === 0) return [`${said}: ${keras}`, ""];
      return words.length > 12 ? [`${said}: ${keras.replaceAll("`", "")}`, ""] : [said, ...code, ""];
    });
  return lines.join("\n").trimEnd();
}

/** The cells of a row; a bar within code is none. */
export function cellsOf(row: string): string[] {
  const parts = row.replace(/`[^`]*`/g, (code) => code.replaceAll("|", "\u0000")).split(/(?<!\\)\|/);
  return parts.slice(1, -1).map((cell) => cell.trim().replaceAll("\u0000", "|").replaceAll("\\|", "|"));
}
