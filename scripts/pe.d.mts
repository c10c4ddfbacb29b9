export function peProblems(bytes: Buffer, arch: string): string[];
