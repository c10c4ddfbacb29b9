import { writeFile } from "node:fs/promises";
import { DataError, problem } from "../errors.ts";
import { svgToPng } from "../plot/index.ts";

/** Writes a file that a user named. Throws DataError where that cannot be. */
export async function writeResult(file: string, contents: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, contents);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "one in a folder that is not there" : code === "EISDIR" ? "a folder" : message;
    throw new DataError(problem(file, "a file that can be written", why, "Make the folder, or choose another name."));
  }
}

/** Writes a drawing as svg, or as png where the name ends so. */
export async function writeChart(file: string, svg: string): Promise<void> {
  if (!/\.(svg|png)$/i.test(file))
    throw new DataError(problem(file, "a name that ends in .svg or .png", "another", "Name the chart chart.svg."));
  await writeResult(file, /\.png$/i.test(file) ? await svgToPng(svg) : svg);
}
