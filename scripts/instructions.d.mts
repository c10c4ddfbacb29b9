export interface Difference {
  readonly name: string;
  readonly wanted: number | undefined;
  readonly seen: number | undefined;
  readonly ratio: number;
}
export function differences(
  wanted: Readonly<Record<string, number>>,
  seen: Readonly<Record<string, number>>,
  tolerance: number,
): Difference[];
export function countAll(extra?: string, only?: (name: string) => boolean, set?: string): Record<string, number>;
