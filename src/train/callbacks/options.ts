import { DataError, problem, showValue } from "../../errors.ts";
import { type FilePath, isFilePath } from "../../files/file-path.ts";
import type { Field } from "../options.ts";

/** 0 is silent, 1 says what is done. */
export const verbosity: Field<0 | 1> = { otherwise: 0, expected: "0 or 1", fits: (v) => v === 0 || v === 1 };

export const text = (otherwise: string): Field<string> => ({
  otherwise,
  expected: "a text",
  fits: (v) => typeof v === "string" && v.length > 0,
});

/** After every epoch, or each time a number of batches is done. */
export const saveFrequency: Field<"epoch" | number> = {
  otherwise: "epoch",
  expected: 'a whole number of batches above 0, or "epoch"',
  fits: (v) => v === "epoch" || (Number.isInteger(v) && (v as number) > 0),
};

/** The path a callback writes to, or a `file:` URL. */
export function pathOf(who: string, what: string, path: unknown): FilePath {
  if (isFilePath(path)) return path;
  throw new DataError(problem(who, what, showValue(path)));
}
