import { type NpyArray, readNpy, readNpz } from "../../formats/index.ts";
import { begins, type Explain, latin1, typed } from "./explanation.ts";

/** The archive's first member is an array. */
const isNpz = (head: Uint8Array): boolean =>
  begins(head, "PK\x03\x04") && latin1(head.subarray(30, 30 + (head[26] | (head[27] << 8)))).endsWith(".npy");

/** NumPy's arrays: `.npy` and `.npz`. */
export const explainArrays: Explain = async (source) => {
  const { file, head } = source;
  const alone = begins(head, "\x93NUMPY");
  if (!alone && !isNpz(head)) return null;
  const bytes = await source.bytes();
  const name = typed(file);
  const json = JSON.stringify(file);
  if (alone) {
    const array = readNpy(bytes, file);
    return {
      kind: `a NumPy array, ${described(array)}`,
      writer: "NumPy",
      next: [[`readNpy(await readFile(${json}), ${json})`, "of cellstate/formats: its numbers and its shape"]],
    };
  }
  const arrays = [...(await readNpz(bytes, file))];
  const has = (key: string, rank: number) => arrays.some(([at, { shape }]) => at === key && shape.length === rank);
  const columns =
    arrays.length > 0 &&
    arrays.every(([, { shape }]) => shape.length >= 1 && shape.length <= 2 && shape[0] === arrays[0][1].shape[0]);
  return {
    kind: `NumPy arrays (.npz): ${arrays.length}`,
    writer: "NumPy",
    lines: arrays.map(([key, array]) => `${key}: ${described(array)}`),
    next: [
      ...(has("x", 3)
        ? [[`cellstate train sequence ${name}`, "a classifier of sequences, with labels y"] as const]
        : []),
      ...(columns && !has("x", 3) ? [[`cellstate train forecast ${name}`, "a forecast of the series"] as const] : []),
      [`await readNpz(await readFile(${json}), ${json})`, "of cellstate/formats: its arrays by name"],
    ],
  };
};

const described = ({ shape, descr }: NpyArray): string => `[${shape.join(", ")}] of ${descr}`;
