/** The library that a sweep tries. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The doors of a compiled copy: `import "cellstate"`, "cellstate/formats" and "cellstate/data". */
export async function libraryAt(dist) {
  const files = ["index.js", "formats/index.js", "data/index.js"];
  const [cellstate, formats, data] = await Promise.all(files.map((file) => import(pathToFileURL(join(dist, file)))));
  return { cellstate, formats, data };
}
