import type { CellTrace, Worked } from "../../../src/studio/messages.ts";

interface Props {
  readonly cell: CellTrace;
  readonly step: number;
  readonly unit: number;
  /** The sums of the step, once they are worked out. */
  readonly worked: Worked | null;
  readonly marked: string | null;
  readonly numbers: boolean;
}

/** The six equations of an LSTM, each with the numbers of one step of one unit. */
export function Equations({ cell, step, unit, worked, marked, numbers }: Props) {
  const { values, units, name } = cell;
  const at = (gate: string, t = step): number => (t < 0 ? 0 : (values[gate]?.[t * units + unit] ?? 0));
  const here = worked && worked.cell === name && worked.step === step && worked.unit === unit ? worked : null;
  const gate = (symbol: string) => here?.gates.find((one) => one.name === symbol);
  const activation = (symbol: string) => (symbol === "g" ? "tanh" : "σ");
  const gates = ["f", "i", "g", "o"].map((symbol) => {
    const found = gate(symbol);
    const sum = found ? `${activation(symbol)}(${number(found.sum)}) = ` : "";
    return [symbol, `${activation(symbol)}(x·w + h₋·u + b)`, `${sum}${number(at(symbol))}`] as const;
  });
  const [before, f, i, g] = [at("c", step - 1), at("f"), at("i"), at("g")];
  const lines = [
    ...gates,
    ["c", "f × c₋ + i × g", `${number(f)} × ${number(before)} + ${number(i)} × ${number(g)} = ${number(at("c"))}`],
    ["h", "o × tanh c", `${number(at("o"))} × ${number(Math.tanh(at("c")))} = ${number(at("h"))}`],
  ] as const;
  return (
    <table class="equations">
      <tbody>
        {lines.map(([symbol, formula, value]) => (
          <tr key={symbol} class={marked === symbol ? "marked" : ""}>
            <th scope="row">
              <i>{symbol}</i>
            </th>
            <td>= {formula}</td>
            <td>{numbers && `= ${value}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const number = (v: number): string => (v < 0 ? `−${Math.abs(v).toFixed(3)}` : v.toFixed(3));
