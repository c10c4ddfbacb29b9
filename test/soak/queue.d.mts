interface Ended {
  code: number | null;
  signal: string | null;
  out: string;
  err: string;
}

export function whyNoQueue(): Promise<string | null>;
export function redisIn(
  folder: string,
  more?: readonly string[],
): Promise<{ url: string; start(): Promise<void>; kill(signal?: NodeJS.Signals): Promise<void> }>;
export function cellstate(
  words: readonly string[],
  options: { cwd: string; seen?: (err: string) => void },
): { child: import("node:child_process").ChildProcess; ended: Promise<Ended> };
export function killWorkers(options: {
  count: number;
  kills: number;
  seed: number;
  longEpochs: number;
  /** Each of the longer trials takes as long at least. */
  leastSeconds: number;
  folds: number;
  say?: (line: string) => void;
}): Promise<{ right: boolean; says: string }>;
