const most = 3; // ms that requests and answers are worked on before the event loop has a turn
const far = 6; // promises between what waits here and the work itself, at most
const settled = Promise.resolve(); // awaited again and again, it is made once

/** Cloudflare's workers drop what a request has set up when its answer is out, a turn that others wait for too. */
const ownLoop = globalThis.navigator?.userAgent !== "Cloudflare-Workers";

/**
 * Turns of the event loop. Reading a body and writing an answer take a moment each; a thousand at once would hold up probes and timers for
 * their sum. So they are begun for 3 ms, then the loop has a turn, and the rest follows: answers first, they make room.
 */
export class Slices {
  #begun: number | null = null; // ms
  readonly #waiting: Readonly<Record<"answer" | "request", (() => void)[]>> = { answer: [], request: [] };
  #working = false;

  /** Resolves when there is time for one more. */
  next(of: "answer" | "request"): Promise<void> {
    if (!ownLoop) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting[of].push(resolve);
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    const { answer, request } = this.#waiting;
    while (answer.length + request.length > 0 && this.#isOpen()) {
      (answer.shift() ?? request.shift())!();
      for (let k = 0; k < far; k++) await settled; // it works now, and its time counts
    }
    this.#working = false;
  }

  #isOpen(): boolean {
    const now = performance.now();
    if (this.#begun !== null) return now - this.#begun < most;
    this.#begun = now;
    turn(() => {
      this.#begun = null;
      if (!this.#working) void this.#work();
    });
    return true;
  }
}

/** After the event loop has looked at its sockets. */
function turn(then: () => void): void {
  if (typeof setImmediate === "function") setImmediate(then);
  else setTimeout(then, 0);
}
