import type * as H5wasm from "h5wasm";

/** h5wasm, about 4 MB, which nothing else loads. What bundlers make for pages has hdf5-library-in-browser.ts in its place. */
export const hdf5Library = (): Promise<typeof H5wasm> | null => import("h5wasm");
