import { FormatError, problem } from "../errors.ts";

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

const next = "The file is damaged, or of another kind: download or save it again.";

/**
 * The object that a file's JSON text is. `where` begins the message of the FormatError that anything else throws: broken
 * UTF-8, broken JSON, a list, a key twice, or levels so deep that functions calling themselves would run out of stack.
 *
 *   parseJsonObject('{"units": 4}', "model.json");    // {"units":4}
 */
export function parseJsonObject(source: Uint8Array | string, where: string): JsonObject {
  let value: JsonValue;
  try {
    const text = typeof source === "string" ? source : new TextDecoder("utf-8", { fatal: true }).decode(source);
    checkText(text, where);
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(problem(where, "JSON in UTF-8", (error as Error).message, next));
  }
  if (isObject(value)) return value;
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw new FormatError(problem(where, "a JSON object", found, next));
}

/**
 * JSON as Python writes it where Keras insists on a float: a learning rate of 1 is `1.0`.
 *
 *   kerasJson({ learning_rate: 1, units: 1 });    // "{\"learning_rate\":1.0,\"units\":1}"
 */
export const kerasJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /(?<!\\)"(?:learning_rate|momentum|beta|threshold)":-?\d+(?=[,}])/g,
    (entry) => `${entry}.0`,
  );

/** The value where it is an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Looks at the text before it is parsed: `JSON.parse` keeps the last of two equal keys, and its result may be too deep. */
function checkText(text: string, where: string): void {
  const deepest = 256; // Keras nests about 10 levels, plus 4 a nested model
  const fail = (expected: string, received: string): never => {
    throw new FormatError(problem(where, expected, received, "No library writes this: do not trust this file."));
  };
  const open: (Set<string> | null)[] = []; // keys of each object around this place, null for a list
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === '"') {
      const start = i++;
      while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
      const keys = open[open.length - 1];
      if (!keys || !colonFollows(text, i + 1)) continue;
      const quoted = text.slice(start, i + 1);
      const key = quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
      if (keys.has(key)) fail("every key once", `"${key.slice(0, 60)}" twice, at character ${start}`);
      if (key === "__proto__") fail("ordinary keys", `"__proto__" at character ${start}`);
      keys.add(key);
    } else if (letter === "{" || letter === "[") {
      open.push(letter === "{" ? new Set() : null);
      if (open.length > deepest) fail(`at most ${deepest} levels`, "more");
    } else if (letter === "}" || letter === "]") open.pop();
  }
}

function colonFollows(text: string, from: number): boolean {
  let at = from;
  while (" \t\n\r".includes(text.charAt(at)) && at < text.length) at++;
  return text[at] === ":";
}
