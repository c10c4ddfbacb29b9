import { isCount, isList, isNumber, isRecord, readField, type TaskData } from "../../shared/task-file.ts";
import type { LocalMethod } from "./local-forecasts.ts";

/** A way to forecast one column. */
export interface Method {
  /** The network, or a method that reads the column's own rows alone. */
  readonly name: LocalMethod | "network";
  /** Steps of its season; 1: none. */
  readonly season: number;
}

/** A method's error where methods were compared: the root mean squared error of a forecast, its mean over the origins. */
export interface CandidateError extends Method {
  /** In units of the series. */
  readonly error: number;
}

/** The value of the option `method`; `"auto"` chooses on the validation split. */
export type MethodOption = "auto" | Method["name"];

export const methodOptions: readonly MethodOption[] = [
  ...(["auto", "network", "naive", "seasonalNaive", "drift", "theta", "ets", "demand"] as const),
];

export const network: Method = { name: "network", season: 1 };

export const usesNetwork = (methods: readonly (readonly Method[])[]): boolean =>
  methods.some((list) => list.some(({ name }) => name === "network"));

/** Names of methods for people: `mean of theta and network`. */
export function methodWords(methods: readonly Method[]): string {
  const words = methods.map(wordsOf);
  return words.length === 1 ? words[0] : `mean of ${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const wordsOf = ({ name, season }: Method): string => {
  const plain = { seasonalNaive: "seasonal naive", ets: "ETS", demand: "smoothed demand" }[name as string] ?? name;
  return season > 1 && name !== "network" ? `${plain} (${season})` : plain;
};

/** One sentence: the methods of a column, and the errors of all on the validation split, or at so many origins of all rows. */
export function choiceWords(methods: readonly Method[], errors: readonly CandidateError[], comparedAt: number): string {
  const unjudged = methods.length > 1 ? "; there are too few rows to choose by their errors" : "";
  if (errors.length === 0) return `forecast by: ${methodWords(methods)}${unjudged}`;
  const kinds = errors.filter(({ name }, i) => errors.findIndex((one) => one.name === name) === i);
  const others = kinds.map((one) => `${wordsOf(one)} ${Number(one.error.toPrecision(4))}`).join(", ");
  const where = comparedAt
    ? `at ${comparedAt} origins in the second half of the rows (too few were held out)`
    : "on the validation split";
  return `forecast by: ${methodWords(methods)}; RMSE of a forecast ${where}: ${others}`;
}

/** The methods of a file, by target; those of an earlier version are the network. Throws FormatError for others. */
export function readMethods(data: TaskData, targets: number) {
  if (data.methods === undefined)
    return { methods: Array.from({ length: targets }, () => [network]), considered: [], comparedAt: 0 };
  const isMethod = (v: unknown): v is Method =>
    isRecord(v) && methodOptions.includes(v.name as MethodOption) && v.name !== "auto" && isCount(1_000_000)(v.season);
  const isError = (v: unknown): v is CandidateError => isMethod(v) && isNumber((v as CandidateError).error);
  const isOfTargets =
    <T>(one: (v: unknown) => v is T) =>
    (v: unknown): v is T[][] =>
      isList(isList(one))(v) && v.length === targets;
  const some = (v: unknown): v is Method[][] => isOfTargets(isMethod)(v) && v.every((list) => list.length > 0);
  const methods = readField(data, "methods", "methods for each target", some);
  const errors = (v: unknown): v is CandidateError[][] => isList(isList(isError))(v);
  const considered = readField(data, "considered", "errors of methods", errors);
  const comparedAt =
    data.comparedAt === undefined ? 0 : readField(data, "comparedAt", "a whole number", isCount(1_000_000));
  return { methods, considered, comparedAt };
}
