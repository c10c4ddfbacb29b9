import { mkdtemp, readlink, realpath, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DataError, problem } from "../../errors.ts";
import { svgToPng } from "../../plot/index.ts";
import { fileProblem } from "../../system-problem.ts";

/** Writes a file that a user named. Throws DataError where that cannot be. */
export async function writeResult(file: string, contents: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, contents);
  } catch (error) {
    throw new DataError(fileProblem(file, "write", error), { cause: error });
  }
}

/** Writes a drawing as png where the name ends so, as svg otherwise. */
export async function writeChart(file: string, svg: string): Promise<void> {
  await writeResult(file, /\.png$/i.test(file) ? await svgToPng(svg) : svg);
}

/** Throws DataError for a chart that could not be written when the work is done: a name of another kind, or no place for it. */
export async function checkChart(option: string, file: string | undefined): Promise<void> {
  if (file !== undefined && !/\.(svg|png)$/i.test(file))
    throw new DataError(problem(file, "a name that ends in .svg or .png", "another", "Name the chart chart.svg."));
  await checkOutput(option, file);
}

/** Throws DataError for a file that could not be written when the work is done. */
export async function checkOutput(option: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const folder = dirname(path);
  const who = `${option} ${path}`;
  const place = await stat(folder).catch(() => null);
  if (!place?.isDirectory()) {
    const found = place ? "a path through a file" : "a folder that does not exist";
    const next = place ? "Save elsewhere." : `Make it first: mkdir -p ${folder}`;
    throw new DataError(problem(who, "a folder to write to", found, next));
  }
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw new DataError(problem(who, "a file", "a folder", "Give another name, or remove the folder."));
  try {
    await rmdir(await mkdtemp(join(folder, ".cellstate-"))); // permissions alone do not tell
  } catch (error) {
    throw new DataError(fileProblem(who, "write", error, "a folder to write to"), { cause: error });
  }
}

/**
 * Throws DataError where a file that is to be written is one that is read, or another that is written, under whatever name it
 * goes: before anything is written.
 */
export async function checkApart(
  inputs: readonly (string | undefined)[],
  outputs: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const taken = new Map<string, string>();
  for (const path of inputs) if (path !== undefined) taken.set(await placeOf(path), `${path}, which is read`);
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    const place = await placeOf(path);
    const found = taken.get(place);
    if (found) {
      const next = "Nothing has been written: give it another name.";
      throw new DataError(problem(`${option} ${path}`, "a file of its own", found, next));
    }
    taken.set(place, `that of ${option} ${path}`);
  }
}

/** One text for each file, whatever links and dots its name is made of; one that is not there yet by its folder and name. */
async function placeOf(path: string, links = 0): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (found?.isFile()) return `${found.dev}:${found.ino}`;
  const target = links < 40 ? await readlink(path).catch(() => null) : null; // a link to what is not there yet
  if (target !== null) return placeOf(resolve(dirname(path), target), links + 1);
  const folder = await realpath(dirname(path)).catch(() => resolve(dirname(path)));
  return join(folder, basename(path));
}
