/** Seconds of work after which the event loop gets its turn: long enough to hide its cost, short enough to keep pages and servers alive. */
export const breath = 0.012;

let last = 0; // ms

/** Lets timers, signals and pages have their turn. */
export async function breathe(): Promise<void> {
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
  last = performance.now();
}

/** The same where they have had none for a while. */
export async function breatheWhenDue(): Promise<void> {
  if (performance.now() - last >= 1000 * breath) await breathe();
}

/**
 * Starts work that may have to wait its turn, and rejects with the signal's reason as soon as it is aborted while it waits; work
 * that has begun looks at the signal itself.
 */
export function abortable<T>(signal: AbortSignal | undefined, ask: (begun: () => void) => Promise<T>): Promise<T> {
  if (!signal) return ask(() => {});
  return new Promise((resolve, reject) => {
    let waits = true;
    const wake = () => {
      if (waits) reject(signal.reason);
    };
    signal.addEventListener("abort", wake, { once: true });
    ask(() => {
      waits = false;
    })
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", wake));
  });
}
