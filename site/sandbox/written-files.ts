/** Stands for files/atomic-write.ts in a cell's engine: what a program writes is offered to its reader, and can be read again. */
const written = new Map<string, Uint8Array>();
let offer: (name: string, bytes: Uint8Array) => void = () => {};

export const files = written;

/** Whom to tell of a file. */
export function offerTo(tell: (name: string, bytes: Uint8Array) => void): void {
  offer = tell;
}

export const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const name = baseName(path);
  written.set(name, bytes.slice());
  offer(name, bytes.slice());
}

export async function removeHalfWritten(): Promise<void> {}
