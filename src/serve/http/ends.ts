/** The work's result, or the reason why it was given up, whichever is first. */
export function beforeAbort<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work().then(resolve, reject);
  });
}

/** The same stream; `done` is called when it has been read to its end, or the client has left. */
export function untilEnd(
  body: ReadableStream<Uint8Array>,
  done: () => void,
  left: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let over = false;
  const finish = () => {
    if (!over) done();
    over = true;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: ended, value } = await reader.read();
        if (!ended) return controller.enqueue(value);
        finish();
        controller.close();
      } catch (error) {
        finish();
        controller.error(error);
      }
    },
    async cancel(reason) {
      left();
      finish();
      await reader.cancel(reason);
    },
  });
}
