import { BackendError, problem } from "../../errors.ts";

/** Stands for index.ts in what bundlers make for pages: the addon and Node's modules stay out. */
export const loadNative = async (): Promise<{ reason: string }> => ({
  reason: String(problem("native backend", "Node.js", "another runtime", "Use the wasm backend.")),
});

export const openAddon = async (): Promise<never> => {
  throw new BackendError(problem("mpi", "Node.js", "another runtime", "Train in one process."));
};
