import type * as library from "../../src/index.ts";

export function killPredictions(
  cellstate: Pick<typeof library, "textClassifier">,
  options: { count: number; seed: number; lines?: number; long?: number; say?: (line: string) => void },
): Promise<{ right: boolean; says: string }>;
