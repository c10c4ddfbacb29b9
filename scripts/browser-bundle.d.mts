/** Chunks that a browser fetches together. */
export interface Download {
  chunks: number;
  bytes: number;
  gzipped: number; // bytes
}

export function browserBundle(
  root: string,
  outdir?: string,
): Promise<{
  /** Files that `import "cellstate"` fetches at once. */
  first: Download;
  /** Files fetched at first use. */
  lazy: Download;
  /** Packages inside the first download. */
  packages: string[];
  /** "file imports node:fs", for each static import of a Node built-in in the first download. */
  builtins: string[];
}>;
