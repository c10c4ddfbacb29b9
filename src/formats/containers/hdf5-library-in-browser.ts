import type * as H5wasm from "h5wasm";

/**
 * Stands for hdf5-library.ts in what bundlers make for pages: Vite puts all that a worker might ever import into its one file, 4 MB of
 * h5wasm too. A page that wants it imports `cellstate/hdf5`.
 */
export const hdf5Library = (): Promise<typeof H5wasm> | null => library?.() ?? null;

let library: (() => Promise<typeof H5wasm>) | null = null;

export function useHdf5Library(load: () => Promise<typeof H5wasm>): void {
  library = load;
}
