import { DataError, problem } from "../errors.ts";
import { dataSet } from "./catalog.ts";
import type { FetchFileOptions } from "./fetch-file.ts";

/**
 * The bytes of every file of a data set, by name: found on this machine or downloaded once and checked, see FetchFileOptions.
 * Throws DataError for an unknown set, for a file that is nowhere, with the places looked at, and for a `path` that is
 * one file where the set has several.
 *
 *   const files = await fetchDataSet("tiny-shakespeare");
 *   const text = new TextDecoder().decode(files.get("input.txt"));
 */
export async function fetchDataSet(
  name: string,
  options: FetchFileOptions = {},
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const { files } = dataSet(name);
  const { path } = options;
  const { fetchFile, isOneFile } = await import("./fetch-file.ts"); // a page that fetches nothing does without
  if (path !== undefined && files.length > 1 && (await isOneFile(path))) {
    const next = `Name the folder that holds ${files.map(({ fileName }) => fileName).join(", ")}.`;
    throw new DataError(problem(name, `a folder of ${files.length} files at path`, `the file ${path}`, next));
  }
  const found = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of files) found.set(file.fileName, await fetchFile(file, options));
  return found;
}

/**
 * Paths of a data set's files on this machine, null for those that are not here. Nothing is downloaded.
 *
 *   (await locateDataSet("ptb")).get("ptb.train.txt");
 */
export async function locateDataSet(name: string): Promise<Map<string, string | null>> {
  const { locateFile } = await import("./fetch-file.ts");
  const found = new Map<string, string | null>();
  for (const file of dataSet(name).files) found.set(file.fileName, await locateFile(file));
  return found;
}
