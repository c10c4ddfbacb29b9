import { type Problem, problem } from "./errors.ts";

/** The operation on a file that failed. */
export type Doing = "read" | "write";

/**
 * Explains a system error on a file, and says what to do: a full disk, no permission, too many open files. `who` is the file,
 * or the function that was given it.
 *
 *   String(fileProblem("a.keras", "write", { code: "ENOSPC" })); // "a.keras: expected a file that can be written, received a full disk.\n  Free some space."
 */
export function fileProblem(who: string, doing: Doing, error: unknown, expected = usual[doing]): Problem {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const refusal = refusalOf(code);
  const { received, next } = refusal?.[doing] ?? { received: String(message), next: otherwise[doing] };
  const said = problem(who, expected, received, typeof next === "string" ? next : next());
  return code === "ENOENT" && doing === "read" ? said.as("CELLSTATE_FILE_NOT_FOUND") : said;
}

/**
 * The same for an unexpected error, by the path it names, and for a right that Deno was not given. Null for one that is not the system's.
 *
 *   String(systemProblem({ code: "EMFILE" })); // "cellstate: expected another file to open, received too many open files (EMFILE).\n  Allow more of them: ulimit -n 1024"
 */
export function systemProblem(error: unknown): Problem | null {
  const { name, code, path, message, syscall } = Object(error) as Record<string, unknown>;
  if (name === "NotCapable") return withoutRight(String(message));
  const refusal = refusalOf(code);
  if (!refusal) return /\bEMFILE\b/.test(String(message)) ? systemProblem({ code: "EMFILE" }) : null; // told on by a loader
  const doing = reading.includes(String(syscall)) ? "read" : "write";
  if (typeof path === "string" && !refusal.machine) return fileProblem(path, doing, error);
  return fileProblem("cellstate", doing, error, refusal.machine ? "another file to open" : undefined);
}

/** Deno's refusal names the flag that is missing. */
function withoutRight(message: string): Problem {
  const flag = /--allow-\w+/.exec(message)?.[0] ?? message;
  return problem("cellstate", "its rights", `a Deno without ${flag}`, "deno run --allow-all runs every command.");
}

const reading = ["open", "read", "stat", "lstat", "scandir", "access"];
const usual: Record<Doing, string> = { read: "a file", write: "a file that can be written" };

type Advice = string | (() => string);
interface Said {
  readonly received: string;
  readonly next: Advice;
}
interface Refusal extends Readonly<Record<Doing, Said>> {
  /** It is about the machine, whatever is done with whichever file. */
  readonly machine?: true;
}

const refusalOf = (code: unknown): Refusal | undefined =>
  typeof code === "string" && Object.hasOwn(refusals, code) ? refusals[code] : undefined;

const relative = (): string => `Paths are relative to ${process.cwd()}.`;
const elsewhere = "Save under another path.";
const otherwise: Record<Doing, Advice> = { read: relative, write: elsewhere };

/** Both for reading and writing. */
const both = (received: string, next: Advice): Refusal => ({ read: { received, next }, write: { received, next } });

const full = both("a full disk", "Free some space.");
const forbidden = (save: string): Refusal => ({
  read: { received: "one that may not be read", next: "Change its permissions: chmod u+r FILE." },
  write: { received: "no permission to write there", next: `${elsewhere.slice(0, -1)}, or ${save}.` },
});

const refusals: Readonly<Record<string, Refusal>> = {
  ENOENT: {
    read: { received: "none of that name", next: relative },
    write: {
      received: "a folder that does not exist",
      next: "Make the folder first, or save under another path.",
    },
  },
  ENOTDIR: {
    read: { received: "a path through something that is not a folder", next: relative },
    write: { received: "a path through something that is not a folder", next: elsewhere },
  },
  EISDIR: {
    read: { received: "a folder", next: "Name the files in it." },
    write: { received: "a folder", next: "Add a file name to the path." },
  },
  EACCES: forbidden("change the permissions of the folder"),
  EPERM: forbidden("close the program that holds the file"),
  EROFS: both("a file system that cannot be written", elsewhere),
  ENAMETOOLONG: both("a name that is too long", "Give a shorter name."),
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EIO: both("a disk that fails (EIO)", "Look after the disk, or take another place."),
  EMFILE: {
    machine: true,
    ...both("too many open files (EMFILE)", "Allow more of them: ulimit -n 1024"),
  },
  ENFILE: {
    machine: true,
    ...both("too many open files (ENFILE)", "Close other programs: the whole machine has too many files open."),
  },
};
