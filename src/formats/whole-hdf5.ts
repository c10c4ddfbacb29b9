/**
 * `cellstate/hdf5`, for pages: `import "cellstate/hdf5";` once, and .h5 and .keras files in HDF5's rarer forms open too. Brings h5wasm, 4 MB, loaded
 * when such a file is read. On Node, Bun and Deno every file opens without it.
 */
import { useHdf5Library } from "./containers/hdf5-library-in-browser.ts";

useHdf5Library(() => import("h5wasm"));
