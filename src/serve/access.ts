import { DataError, invalidOption } from "../errors.ts";
import type { Asked } from "./http/exchange.ts";
import { HttpProblem } from "./http/problem.ts";

const shortest = 16; // characters of a key: fewer can be guessed
const guesses = 10; // wrong keys of an address in a minute, then it waits
const minute = 60_000; // ms

/** Who may ask: API keys compared in constant time, and a limit on guesses. */
export class Access {
  readonly #digests: Promise<Uint8Array>[];
  /** Wrong keys by address. */
  readonly #wrong = new Map<string, { count: number; until: number }>();

  /** Throws DataError for a key that is too short. */
  constructor(keys: readonly string[]) {
    for (const key of keys) {
      if (typeof key === "string" && key.length >= shortest) continue;
      const next = "Make one: openssl rand -hex 24.";
      const received = typeof key === "string" ? `one of ${key.length}` : typeof key;
      throw new DataError(invalidOption("serve", "apiKey", `a key of at least ${shortest} characters`, received, next));
    }
    this.#digests = keys.map(digestOf);
  }

  /** Whether a key is asked for. */
  get asked(): boolean {
    return this.#digests.length > 0;
  }

  /** The caller: a name for what is kept of it, never the key. Throws HttpProblem (401, or 429 after many wrong keys). */
  async owner({ header }: Pick<Asked, "header">, address: string): Promise<string> {
    if (!this.asked) return "";
    const now = Date.now();
    const tries = this.#wrong.get(address);
    if (tries && tries.until > now && tries.count >= guesses) {
      const wait = String(Math.ceil((tries.until - now) / 1000));
      throw new HttpProblem(429, "Too many wrong keys. Wait a minute.", { headers: { "Retry-After": wait } });
    }
    const given = keyIn(header);
    const digest = await digestOf(given);
    let found = -1;
    for (const [k, known] of (await Promise.all(this.#digests)).entries()) if (same(known, digest)) found = k;
    if (found >= 0) return `key ${found}`;
    if (given !== "") this.#note(address, now);
    const headersOut = { "WWW-Authenticate": "Bearer" };
    throw new HttpProblem(401, "Expected an API key: Authorization: Bearer KEY.", { headers: headersOut });
  }

  #note(address: string, now: number): void {
    if (this.#wrong.size > 10_000) this.#wrong.clear(); // addresses are many, and this is memory
    const before = this.#wrong.get(address);
    if (before && before.until > now) before.count++;
    else this.#wrong.set(address, { count: 1, until: now + minute });
  }
}

const keyIn = (header: Asked["header"]): string =>
  /^Bearer (.*)$/i.exec(header("authorization") ?? "")?.[1].trim() ?? header("x-api-key") ?? "";

/** Digests are of one length whatever the key: comparing them says nothing of it. */
const digestOf = async (key: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key.slice(0, 1024))));

function same(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let k = 0; k < a.length; k++) difference |= a[k] ^ b[k];
  return difference === 0;
}
