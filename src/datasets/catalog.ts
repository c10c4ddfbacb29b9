import { DataError, problem, suggest } from "../errors.ts";
import { sets } from "./catalog-sets.ts";
import type { DataFile } from "./fetch-file.ts";
import { reviewsFile, wordIndexFile } from "./imdb-files.ts";

/** A public data set: description, source, and its files. */
export interface DataSet {
  /** The name that `dataSet` and the command line take. */
  readonly name: string;
  /** Its contents, in a line. */
  readonly about: string;
  /** Permitted use. */
  readonly licence: string;
  /** Publisher, and the repository (owner/name on GitHub) that the files come from. */
  readonly source: string;
  /** The files it is made of. */
  readonly files: readonly DataFile[];
}

/**
 * A data set by name. Throws DataError for an unknown one.
 *
 *   dataSet("fsdd").files[0].fileName; // "fsdd-recordings.zip"
 */
export function dataSet(name: string): DataSet {
  const found = dataSets.find((set) => set.name === name);
  if (found) return found;
  throw new DataError(problem("datasets", "a known data set", JSON.stringify(name), suggest(name, names())));
}

const names = () => dataSets.map(({ name }) => name);

/** Files with the addresses they had when their hash was taken: a commit of a repository, which does not change. */
function described(): DataSet[] {
  return sets.map(({ folder, files, ...set }) => ({
    ...set,
    files: files.map(({ at, ...file }) => ({
      ...file,
      folder: folder ?? set.name,
      place: `${folder ?? set.name}/${file.fileName}`,
      url: at === undefined ? null : `https://raw.githubusercontent.com/${at}`,
    })),
  }));
}

/** All known data sets, by kind. */
export const dataSets: readonly DataSet[] = [
  {
    name: "imdb",
    about: "50,000 film reviews as word numbers, good or bad",
    licence: "research use, cite the paper",
    source: "Maas et al., Stanford, ACL 2011; word index: Keras",
    files: [reviewsFile, wordIndexFile],
  },
  ...described(),
];
