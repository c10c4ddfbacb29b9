/** The Python that has the judges; null where there is none. */
export function python(): string | null;
/** The Python that has PyTorch 2; null where there is none. */
export function torchPython(): string | null;
/** Asks a Python program of this folder, which stays: the answer to a request. */
export type Ask = {
  // biome-ignore lint/suspicious/noExplicitAny: what Python answers
  (request: object): Promise<any>;
  end(): void;
};
export function judge(script: string, program?: string | null): Ask;
