export function elfProblems(bytes: Buffer, arch: string, library: string, newestGlibc?: string): string[];
