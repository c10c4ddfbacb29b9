/**
 * Threads of the WASM kernels: workers that share one memory. The first leads (it may sleep while it waits, which a page's
 * main thread may not), the others help. Runs on Node's worker threads and on cross-origin-isolated pages.
 */
export interface Team {
  readonly threads: number;
  run(executable: number, firstStep: number, times: number, seed: number): Promise<number>;
}

export interface Instance {
  readonly exports: Record<string, (...args: number[]) => number> & { __stack_pointer: WebAssembly.Global };
}

interface Mail {
  postMessage(message: unknown): void;
  listen(receive: (message: { ready?: boolean; error?: string; result?: number }) => void): void;
  /** Whether the process should stay alive for it. */
  hold(on: boolean): void;
  terminate(): void;
}

const stackBytes = 1 << 18;

/** Starts `threads` workers over the shared memory; null where workers or shared memory cannot be had. */
export async function startTeam(
  bytes: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
  main: Instance,
  threads: number,
): Promise<Team | null> {
  const mails: Mail[] = [];
  try {
    const started = Array.from({ length: threads }, async (_, index) => {
      const mail = await startWorker();
      mails.push(mail);
      const ready = new Promise<void>((resolve, reject) => {
        mail.listen((m) => (m.error ? reject(new Error(m.error)) : m.ready ? resolve() : leaderSays(m)));
      });
      mail.postMessage({ bytes, memory, stack: main.exports.stack(stackBytes), index });
      await ready;
      mail.hold(false);
      return mail;
    });
    let answer: (result: number) => void = () => {};
    const leaderSays = (m: { result?: number }) => answer(m.result ?? 0);
    const [leader] = await within(Promise.all(started), 5000);
    while (main.exports.helpers() < threads - 1) await new Promise((resolve) => setTimeout(resolve, 1));
    return {
      threads,
      run: (executable, firstStep, times, seed) =>
        new Promise((resolve) => {
          answer = (result) => {
            leader.hold(false);
            resolve(result);
          };
          leader.hold(true);
          leader.postMessage({ executable, firstStep, times, seed });
        }),
    };
  } catch {
    for (const mail of mails) mail.terminate();
    return null;
  }
}

/** The worker's program, as text: it must load alike from source, from dist and from a bundle. */
const program = `
const begin = async (reply, { bytes, memory, stack, index }) => {
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, now: () => performance.now() } });
  instance.exports.__stack_pointer.value = stack;
  reply({ ready: true });
  if (index > 0) instance.exports.help(index);
  return instance.exports;
};
const serve = (reply, listen) => {
  let kernels = null;
  listen((m) => {
    if (!kernels) {
      kernels = begin(reply, m).catch((error) => reply({ error: String(error) }));
      return;
    }
    kernels.then((k) => {
      try {
        reply({ result: k.run(m.executable, m.firstStep, m.times, m.seed) });
      } catch (error) {
        reply({ error: String(error) });
      }
    });
  });
};
if (typeof process !== "undefined" && process.versions && process.versions.node && !globalThis.WorkerGlobalScope) {
  import("node:worker_threads").then(({ parentPort }) => serve((m) => parentPort.postMessage(m), (f) => parentPort.on("message", f)));
} else serve((m) => postMessage(m), (f) => { onmessage = (e) => f(e.data); });
`;

async function startWorker(): Promise<Mail> {
  if (typeof process !== "undefined" && process.versions?.node) {
    const { Worker: NodeWorker } = await import("node:worker_threads");
    const worker = new NodeWorker(program, { eval: true });
    return {
      postMessage: (message) => worker.postMessage(message),
      listen: (receive) => {
        worker.on("message", receive);
        worker.on("error", (error) => receive({ error: String(error) }));
      },
      hold: (on) => (on ? worker.ref() : worker.unref()),
      terminate: () => void worker.terminate(),
    };
  }
  if (!globalThis.crossOriginIsolated) throw new Error("the page is not cross-origin isolated");
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(url);
  return {
    postMessage: (message) => worker.postMessage(message),
    listen: (receive) => {
      worker.onmessage = (event) => receive(event.data);
      worker.onerror = (event) => receive({ error: event.message });
    },
    hold: () => {},
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the workers did not start")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
