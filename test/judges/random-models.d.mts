/** The random model of a seed. */
export function randomModel(seed: number): { spec: unknown; draws: boolean };
