export function whyNoMpi(): string | null;
export function onRanks(
  ranks: number,
  words: readonly string[],
  options: { cwd: string; late?: boolean; seconds?: number },
): Promise<{ code: number | null; out: string; err: string }>;
export function killRanks(options: {
  count: number;
  seed: number;
  epochs?: number;
  say?: (line: string) => void;
}): Promise<{ right: boolean; died: number; says: string }>;
