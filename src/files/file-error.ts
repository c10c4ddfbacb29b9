import { DataError, problem } from "../errors.ts";

/** What went wrong with a file, in words that say what to do. */
export function fileError(path: string, error: unknown): DataError {
  const { code, message } = error as NodeJS.ErrnoException;
  const [reason, next] = (code && reasons[code]) || [
    message,
    "Save under another path. What was there before is unchanged.",
  ];
  return new DataError(problem(path, "a file that can be written", reason, next), { cause: error });
}

const reasons: Record<string, [reason: string, next: string]> = {
  ENOENT: ["a folder that does not exist", "Make the folder first, or save under another path."],
  ENOTDIR: ["a path through something that is not a folder", "Save under another path."],
  EISDIR: ["a folder", "Add a file name to the path."],
  EACCES: ["no permission to write there", "Save under another path, or change the permissions of the folder."],
  EPERM: ["no permission to write there", "Save under another path, or close the program that holds the file."],
  EROFS: ["a file system that cannot be written", "Save under another path."],
  ENOSPC: ["a full disk", "Free some space and save again. What was there before is unchanged."],
  ENAMETOOLONG: ["a name that is too long", "Save under a shorter name."],
};
