import { FormatError, problem } from "../errors.ts";

/** Arrays of numbers in messages, by the names that mark them in JSON. */
const kinds = { u8: Uint8Array, f32: Float32Array, f64: Float64Array } as const;
type Kind = keyof typeof kinds;

/**
 * A message as JSON, for HTTP: arrays of numbers become `{ "$f32": "base64" }`.
 *
 *   writeMessage({ id: 1, bytes: Uint8Array.of(104, 105) }); // "{\"id\":1,\"bytes\":{\"$u8\":\"aGk=\"}}"
 */
export const writeMessage = (message: unknown): string =>
  JSON.stringify(message, (_, value: unknown) => {
    const kind = (Object.keys(kinds) as Kind[]).find((name) => value instanceof kinds[name]);
    return kind ? { [`$${kind}`]: base64(value as Uint8Array) } : value;
  });

/** The message that `writeMessage` wrote. Throws FormatError for text that is none. */
export function readMessage(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => {
      if (typeof value !== "object" || value === null) return value;
      const [[key, data] = ["", null], ...rest] = Object.entries(value);
      const kind = key.slice(1) as Kind;
      if (!key.startsWith("$") || rest.length > 0 || typeof data !== "string" || !Object.hasOwn(kinds, kind))
        return value;
      return new kinds[kind](fromBase64(data).buffer as ArrayBuffer);
    });
  } catch (error) {
    throw new FormatError(problem("studio", "a message as JSON", (error as Error).message));
  }
}

function base64(array: Uint8Array | Float32Array | Float64Array): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return btoa(text);
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
