/**
 * Threads of the WASM kernels: workers that share one memory. The first leads (it may sleep while it waits, which a page's
 * main thread may not), the others help. Runs on Node's worker threads and on cross-origin-isolated pages.
 */
export interface Team {
  readonly threads: number;
  /** Whether this thread may lead as well: it may sleep while it waits (not so on a page), and no worker is lost. */
  readonly leadable: boolean;
  run(executable: number, firstStep: number, times: number, seed: number): Promise<number>;
}

export interface Instance {
  readonly exports: Record<string, (...args: number[]) => number> & { __stack_pointer: WebAssembly.Global };
}

interface Mail {
  /** Has reported for work. */
  ready: boolean;
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
  let answer: (result: number) => void = () => {};
  let refuse: (error: Error) => void = () => {};
  let lost: Error | null = null; // a worker that fails leaves the others waiting for it: none of them is of use after that
  const lose = (error: Error) => {
    lost = error;
    for (const mail of mails) mail.terminate();
    refuse(error);
  };
  try {
    const started = Array.from({ length: threads }, async (_, index) => {
      const mail = await startWorker();
      mails.push(mail);
      const ready = new Promise<void>((resolve, reject) => {
        mail.listen((m) => {
          if (m.ready) resolve();
          else if (m.error === undefined) answer(m.result ?? 0);
          else if (mail.ready) lose(new Error(m.error));
          else reject(new Error(m.error));
        });
      });
      mail.postMessage({ bytes, memory, stack: main.exports.stack(stackBytes), index });
      await ready;
      mail.ready = true;
      mail.hold(false);
      return mail;
    });
    const [leader] = await within(Promise.all(started), 5000);
    while (main.exports.helpers() < threads - 1) await new Promise((resolve) => setTimeout(resolve, 1));
    return {
      threads,
      get leadable() {
        return isNode && !lost;
      },
      run: (executable, firstStep, times, seed) =>
        new Promise((resolve, reject) => {
          if (lost) return reject(lost);
          refuse = reject;
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

const isNode = typeof process !== "undefined" && Boolean(process.versions?.node);

async function startWorker(): Promise<Mail> {
  if (isNode) {
    const { Worker: NodeWorker } = await import("node:worker_threads");
    const worker = new NodeWorker(program, { eval: true });
    return {
      ready: false,
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
    ready: false,
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
