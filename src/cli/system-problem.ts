import { type Problem, problem } from "../errors.ts";

/**
 * What the machine refuses, in the library's words: too many open files, a full disk, a folder that may not be written. Null for
 * an error of another kind.
 *
 *   String(systemProblem({ code: "EMFILE" })); // "cellstate: expected another file to open, received too many open files (EMFILE).\n  Allow more of them: ulimit -n 1024"
 */
export function systemProblem(error: unknown): Problem | null {
  const { code, path, message } = Object(error) as { code?: unknown; path?: unknown; message?: unknown };
  const known = typeof code === "string" && Object.hasOwn(refusals, code) ? refusals[code] : null;
  if (!known) return /\bEMFILE\b/.test(String(message)) ? systemProblem({ code: "EMFILE" }) : null; // told on by a loader
  const who = typeof path === "string" && !known.all ? path : "cellstate";
  return problem(who, known.expected, `${known.received} (${code})`, known.next);
}

interface Refusal {
  readonly expected: string;
  readonly received: string;
  readonly next: string;
  /** It is not about one file. */
  readonly all?: boolean;
}
const tooMany: Refusal = {
  expected: "another file to open",
  received: "too many open files",
  next: "Allow more of them: ulimit -n 1024",
  all: true,
};
const full: Refusal = {
  expected: "room to write",
  received: "a full disk",
  next: "Free some space, or write elsewhere.",
};
const forbidden: Refusal = {
  expected: "a file that may be opened",
  received: "no permission",
  next: "Change its permissions or those of its folder, or give another name.",
};
const refusals: Readonly<Record<string, Refusal>> = {
  EMFILE: tooMany,
  ENFILE: { ...tooMany, next: "Close other programs: the whole machine has too many files open." },
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: { ...forbidden, received: "a file system that can only be read", next: "Write elsewhere." },
  EISDIR: { expected: "a file", received: "a folder", next: "Give another name." },
  ENOTDIR: { expected: "a folder", received: "a path through a file", next: "Give another name." },
  EIO: { expected: "a disk that works", received: "an error of it", next: "Look after the disk, or write elsewhere." },
  ENOENT: { expected: "a file", received: "none of that name", next: "Check the path." },
};
