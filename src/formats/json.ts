import { FormatError, problem } from "../errors.ts";

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

const next = "The file is damaged, or of another kind: download or save it again.";

/**
 * The object that a file's JSON text is. `where` begins the message of the FormatError that anything else throws: broken
 * UTF-8, broken JSON, a list, or levels so deep that functions calling themselves would run out of stack.
 *
 *   parseJsonObject('{"units": 4}', "model.json");    // {"units":4}
 */
export function parseJsonObject(source: Uint8Array | string, where: string): JsonObject {
  let value: JsonValue;
  try {
    const text = typeof source === "string" ? source : new TextDecoder("utf-8", { fatal: true }).decode(source);
    checkDepth(text, where);
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(problem(where, "JSON in UTF-8", (error as Error).message, next));
  }
  if (isObject(value)) return value;
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw new FormatError(problem(where, "a JSON object", found, next));
}

/** The value where it is an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkDepth(text: string, where: string): void {
  const deepest = 256; // Keras nests about 10 levels, plus 4 a nested model
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (quoted && letter === "\\") i++;
    else if (letter === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (letter === "{" || letter === "[") depth++;
    else if (letter === "}" || letter === "]") depth--;
    if (depth > deepest) {
      throw new FormatError(problem(where, `at most ${deepest} levels`, "more", "Do not trust this file."));
    }
  }
}
