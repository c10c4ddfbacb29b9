export function machOProblems(bytes: Buffer, arch: string): string[];
