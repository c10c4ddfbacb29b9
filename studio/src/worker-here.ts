/** The engine's worker; worker-inside.ts stands for this in the page of one file. */
export const startWorker = (): Worker => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
