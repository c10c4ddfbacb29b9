import { gateName } from "./gates.ts";

/** A number of a step's formula, with what it is. */
export interface FormulaTerm {
  readonly name: string;
  readonly symbol: string;
  readonly value: number;
  /** A number from 0 to 1, which can be drawn as a bar. */
  readonly gate?: boolean;
  /** A result. */
  readonly strong?: boolean;
}
/** Terms with the signs between them. */
export type FormulaLine = readonly (FormulaTerm | string)[];

/** The value of a gate or state at a step; 0 before the first. */
export type At = (gate: string, time?: number) => number;

/** One step of one unit as lines of a formula: an LSTM's two, a GRU's one, or the values of any other cell. */
export function formulaLines(kind: string, names: readonly string[], at: At, t: number): FormulaLine[] {
  if (kind === "lstm" && names.includes("f"))
    return [
      [
        { name: "memory before", symbol: "c₋", value: at("c", t - 1) },
        "×",
        { name: "forget gate", symbol: "f", value: at("f"), gate: true },
        "+",
        { name: "input gate", symbol: "i", value: at("i"), gate: true },
        "×",
        { name: "candidate", symbol: "g", value: at("g") },
        "=",
        { name: "memory after", symbol: "c", value: at("c"), strong: true },
      ],
      [
        { name: "output gate", symbol: "o", value: at("o"), gate: true },
        "×",
        { name: "memory, between −1 and 1", symbol: "tanh c", value: Math.tanh(at("c")) },
        "=",
        { name: "output", symbol: "h", value: at("h"), strong: true },
      ],
    ];
  if (kind === "gru" && names.includes("z"))
    return [
      [
        { name: "memory before", symbol: "h₋", value: at("h", t - 1) },
        "×",
        { name: "update gate", symbol: "z", value: at("z"), gate: true },
        "+",
        { name: "what z leaves", symbol: "1 − z", value: 1 - at("z"), gate: true },
        "×",
        { name: "candidate", symbol: "g", value: at("g") },
        "=",
        { name: "output, memory after", symbol: "h", value: at("h"), strong: true },
      ],
    ];
  return [
    [
      { name: "output before", symbol: "h₋", value: at("h", t - 1) },
      ...names.map((name) => ({ name: gateName(name), symbol: name, value: at(name), strong: name === "h" })),
    ],
  ];
}
