import { HttpProblem } from "../http/problem.ts";

const memory = 1_000; // ms of waiting that the rate is measured over
const enough = 4; // requests begun before a rate is believed

/** A request in its lane. */
export interface Ticket {
  /** Its work begins: it waits no longer. */
  begin(): void;
  /** It ends, begun or not. */
  leave(): void;
}

/**
 * Requests that wait for one model. How long another would wait follows from what waits and from how fast requests began in about the last
 * second in which some waited. They are counted by the bytes of their bodies: rows and steps are known only when a body has been read.
 */
export class Lane {
  #waits = 0; // bytes
  /** Bytes begun, and the time in which some waited, ms; the older, the less they count. */
  #bytes = 0;
  #time = 0;
  /** Time in which some waited since the last began, ms. */
  #since = 0;
  #begun = 0; // requests, since ever
  #mark = 0; // ms

  /** Seconds that one who comes now would wait; 0 where nobody knows yet. */
  get wait(): number {
    if (this.#waits === 0 || this.#begun < enough) return 0;
    this.#note();
    return (this.#waits * (this.#time + this.#since)) / this.#bytes / 1000;
  }

  enter(bytes: number): Ticket {
    this.#note();
    this.#waits += bytes;
    let waits = true;
    const leave = () => {
      if (waits) this.#note();
      if (waits) this.#waits -= bytes;
      waits = false;
    };
    const begin = () => {
      if (!waits) return;
      leave();
      const kept = Math.exp(-Math.min(1, this.#since / memory)); // a slow model has few of them
      this.#bytes = kept * this.#bytes + bytes;
      this.#time = kept * this.#time + this.#since;
      this.#since = 0;
      this.#begun++;
    };
    return { begin, leave };
  }

  #note(): void {
    const now = performance.now();
    if (this.#waits > 0) this.#since += now - this.#mark;
    this.#mark = now;
  }
}

/** Throws HttpProblem (429) where a request would wait longer than `most` seconds; Retry-After says when there is room again. */
export function refuseWait({ wait }: Lane, most: number): void {
  if (wait <= most) return;
  const headers = { "Retry-After": String(Math.max(1, Math.ceil(wait))) };
  throw new HttpProblem(429, `It would wait about ${wait.toFixed(1)} s; at most ${most} s are waited.`, { headers });
}
