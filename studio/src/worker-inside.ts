import InlineWorker from "./worker.ts?worker&inline";

/** The engine's worker from code that lies in the page itself, as a page from file:// needs it. */
export const startWorker = (): Worker => new InlineWorker();
