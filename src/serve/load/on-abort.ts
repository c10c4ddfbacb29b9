const acts = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Has something done when a signal is aborted; the function that it returns takes it back. A stream of lines has hundreds of questions under
 * one signal: they share one listener, where runtimes warn of more than ten.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const known = acts.get(signal) ?? new Set<() => void>();
  if (!acts.has(signal)) {
    acts.set(signal, known);
    const all = () => {
      for (const one of known) one();
    };
    signal.addEventListener("abort", all, { once: true });
  }
  known.add(act);
  return () => void known.delete(act);
}
