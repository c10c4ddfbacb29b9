import type { Asked, BodyReader } from "./exchange.ts";
import { HttpProblem } from "./problem.ts";

/** Bounds of what a client may send. */
export interface BodyLimits {
  /** Bytes of a body; of a line, where it is a stream of lines. */
  readonly maxBody: number;
  /** Seconds until a body must be there; seconds between two parts of a stream. */
  readonly bodyTimeout: number;
}

const deepest = 64; // brackets in brackets: a model's input has a few

/** Throws HttpProblem (415) for a body that is compressed: its bytes would be read as text. */
export function refuseEncoded({ header }: Asked): void {
  const encoding = header("content-encoding");
  if (encoding === null || /^\s*(identity)?\s*$/i.test(encoding)) return;
  const expected = "Expected Content-Encoding: identity (or none), a body that is not compressed";
  const headers = { "Accept-Encoding": "identity" };
  throw new HttpProblem(415, `${expected}, received ${encoding.slice(0, 100)}.`, { headers });
}

/** The bytes of a body of JSON. Throws HttpProblem for one that is too large, too slow, or says that it is something else. */
export async function readBytes(request: Asked, limits: BodyLimits): Promise<Uint8Array> {
  const type = request.header("content-type");
  // curl says that JSON is a form, and fetch that it is text. Pages elsewhere are refused by their origin.
  const binary = request.header("inference-header-content-length") !== null && type === "application/octet-stream";
  if (
    type !== null &&
    !binary &&
    !/^\s*(application\/([\w.-]+\+)?json|application\/x-www-form-urlencoded|text\/plain)\s*(;|$)/i.test(type)
  )
    throw new HttpProblem(415, `Expected Content-Type: application/json, received ${type.slice(0, 100)}.`);
  return allBytes(request, limits);
}

/** The JSON of a body. Throws HttpProblem for what is too deep, or no JSON in UTF-8. */
export function jsonOf(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new HttpProblem(400, "Expected JSON in the body, received nothing.");
  return parseJson(decoded(bytes));
}

/** JSON of bounded depth. Throws HttpProblem. */
export function parseJson(text: string): unknown {
  refuseDepth(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpProblem(400, `The body is no JSON: ${(error as Error).message.slice(0, 200)}.`);
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem(400, "Expected UTF-8, received other bytes.");
  }
}

/** Counts brackets outside strings: a parser that recurses could be driven off its stack. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inText) {
      if (c === 92) i++;
      else if (c === 34) inText = false;
    } else if (c === 34) inText = true;
    else if (c === 91 || c === 123) {
      if (++depth > deepest) throw new HttpProblem(400, `Expected at most ${deepest} lists within one another.`);
    } else if (c === 93 || c === 125) depth--;
  }
}

async function allBytes(request: Asked, { maxBody, bodyTimeout }: BodyLimits): Promise<Uint8Array> {
  const told = request.header("content-length");
  if (Number(told) > maxBody) throw tooLarge(maxBody);
  const reader = request.body;
  if (!reader) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  const end = performance.now() + 1000 * bodyTimeout;
  while (told === null || size !== Number(told)) {
    const part = await before(end, reader, bodyTimeout);
    if (part === null) break;
    size += part.length;
    if (size > maxBody) {
      reader.cancel();
      throw tooLarge(maxBody);
    }
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : joined(parts, size);
}

/** The next part of a body; null at its end. Throws HttpProblem where it does not come in time, or breaks off. */
async function before(end: number, reader: BodyReader, seconds: number): Promise<Uint8Array | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const tell = () => reject(new HttpProblem(408, `The body did not arrive within ${seconds} s.`));
    timer = setTimeout(tell, Math.max(0, end - performance.now()));
  });
  try {
    return await Promise.race([reader.read(), late]);
  } catch (error) {
    reader.cancel();
    throw error instanceof HttpProblem ? error : new HttpProblem(400, "The body broke off.");
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (most: number) =>
  new HttpProblem(413, `Expected a body of at most ${most} bytes. Send less at once, or a stream of lines (NDJSON).`);

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Whether the body is a stream of lines, each JSON. */
export const isLines = (request: Asked): boolean =>
  /^\s*application\/(x-)?(ndjson|jsonl|json-lines)\s*(;|$)/i.test(request.header("content-type") ?? "");

/** A line of a stream: its number, from 1, and its JSON or what is wrong with it. */
export type Line =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly wrong: string };

/** The lines of a body as they arrive, each bounded as a body is. */
export async function* readLines(request: Asked, limits: BodyLimits): AsyncGenerator<Line, void, undefined> {
  const reader = request.body;
  if (!reader) return;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [rest, line] = ["", 0];
  const read = (text: string): Line[] => {
    line++;
    if (text.trim() === "") return [];
    try {
      return [{ line, value: parseJson(text) }];
    } catch (error) {
      return [{ line, wrong: (error as Error).message }];
    }
  };
  try {
    for (;;) {
      const part = await before(performance.now() + 1000 * limits.bodyTimeout, reader, limits.bodyTimeout);
      let text: string;
      try {
        text = part ? decoder.decode(part, { stream: true }) : decoder.decode();
      } catch {
        throw new HttpProblem(400, "Expected UTF-8, received other bytes.");
      }
      const [first, ...more] = text.split("\n");
      rest += first;
      for (const next of more) {
        yield* read(rest);
        rest = next;
      }
      if (rest.length > limits.maxBody) throw tooLarge(limits.maxBody);
      if (!part) break;
    }
    if (rest !== "") yield* read(rest);
  } finally {
    reader.cancel();
  }
}
