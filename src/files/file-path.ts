import { DataError, problem, showValue } from "../errors.ts";

/** A file's location: a path, a `file:` URL, or the text of one. */
export type FilePath = string | URL;

/** Whether something can name a file; what it names is looked at when it is used. */
export const isFilePath = (value: unknown): value is FilePath =>
  value instanceof URL || (typeof value === "string" && value.length > 0);

/**
 * The path itself. Throws DataError for what names no file: an address of the net, an object.
 *
 *   await filePath(new URL("model.keras", import.meta.url));
 */
export async function filePath(given: FilePath, who = "file"): Promise<string> {
  if (!isFilePath(given)) throw new DataError(problem(who, "a path or a file: URL", showValue(given)));
  const text = String(given);
  if (/^file:/i.test(text)) {
    const { fileURLToPath } = await import("node:url");
    try {
      return fileURLToPath(text);
    } catch (error) {
      const next = `A path needs no file:// before it: "${text.replace(/^file:\/*/i, "")}".`;
      throw new DataError(problem(who, "a file: URL of this machine", text, next), { cause: error });
    }
  }
  if (given instanceof URL || /^\w+:\/\//.test(text)) {
    const next = "Save to a file, and send its bytes from there.";
    throw new DataError(problem(who, "a path or a file: URL", text, next));
  }
  return text;
}
