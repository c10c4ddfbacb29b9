/** Names of gates and states in the field's words. */
const names: Readonly<Record<string, string>> = {
  f: "forget gate",
  i: "input gate",
  g: "candidate",
  o: "output gate",
  z: "update gate",
  r: "reset gate",
  c: "cell state",
  h: "output",
  keep: "kept share",
  take: "taken in",
};

export const gateName = (name: string): string => names[name] ?? name;

export const gateWords = {
  kinds: { lstm: "LSTM", gru: "GRU", simpleRnn: "simple RNN" } as Readonly<Record<string, string>>,
};

/** The mean over units of a value at one step. */
export function meanAt(values: Float32Array, step: number, units: number): number {
  let sum = 0;
  for (let u = 0; u < units; u++) sum += values[step * units + u];
  return sum / units;
}

/** Whether a value has a sign: a state or a candidate, not a gate from 0 to 1. */
export const isSigned = (name: string): boolean => !["f", "i", "o", "z", "r", "keep"].includes(name);
