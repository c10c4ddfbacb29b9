export function timesOf(
  page: string,
): { workload: string; task: string; contestant: string; ours: boolean; ms: number }[];
export function chartOf(page: string): Promise<string>;
