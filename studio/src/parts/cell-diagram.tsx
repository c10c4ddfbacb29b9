import type { CellTrace } from "../../../src/studio/messages.ts";

interface Props {
  readonly cell: CellTrace;
  readonly step: number;
  readonly unit: number;
  /** The gate that the lesson is about. */
  readonly marked: string | null;
  /** Whether the numbers are shown, or the letters alone. */
  readonly numbers: boolean;
}

/** The cell of an LSTM as it is drawn in class: the memory runs along the top, the gates open and close it; with one step's numbers. */
export function CellDiagram({ cell, step, unit, marked, numbers }: Props) {
  const { values, units } = cell;
  const at = (name: string, t = step): number => (t < 0 ? 0 : (values[name]?.[t * units + unit] ?? 0));
  const text = (value: number) => (numbers ? short(value) : "?");
  const look = (name: string) => (marked === name ? "box marked" : "box");
  const label = numbers
    ? `Memory before ${short(at("c", step - 1))}, times forget gate ${short(at("f"))}, plus input gate ${short(at("i"))} times candidate ${short(at("g"))}, is ${short(at("c"))}; output gate ${short(at("o"))} shows ${short(at("h"))}.`
    : "The memory runs along the top: times the forget gate, plus the input gate times the candidate; the output gate shows a part of it.";
  const columns = [
    ["f", "forget", 120],
    ["i", "input", 207],
    ["g", "candidate", 307],
    ["o", "output", 420],
  ] as const;
  return (
    <svg class="diagram" viewBox="0 0 560 270" role="img" aria-label={label}>
      <path class={marked === "c" ? "wire marked" : "wire"} d="M20 60H540" />
      <path
        class="wire"
        d="M120 60V150M257 60V110M207 150V110H307V150M420 150V110H470M470 60V200H540M60 240V205H420M20 205H60M120 205V180M207 205V180M307 205V180M420 205V180"
      />
      <Value x={44} y={40} name="c₋ before" value={text(at("c", step - 1))} />
      <Value x={512} y={40} name="c after" value={text(at("c"))} />
      <Sign x={120} y={60} sign="×" marked={marked === "f"} />
      <Sign x={257} y={60} sign="+" marked={marked === "c"} />
      <Sign x={257} y={110} sign="×" marked={marked === "i"} />
      <g>
        <rect class="box" x={446} y={72} width={48} height={20} rx={10} />
        <text x={470} y={86}>
          tanh
        </text>
      </g>
      <Sign x={470} y={110} sign="×" marked={marked === "o"} />
      {columns.map(([name, word, x]) => (
        <g key={name}>
          <rect class={look(name)} x={x - 42} y={138} width={84} height={44} rx={8} />
          <text x={x} y={154}>
            {name} {word}
          </text>
          <text class="value" x={x} y={174}>
            {text(at(name))}
          </text>
        </g>
      ))}
      <Value x={512} y={188} name="h output" value={text(at("h"))} below />
      <text x={60} y={258}>
        x, what is read
      </text>
      <text class="start" x={20} y={198}>
        h₋
      </text>
    </svg>
  );
}

function Value(props: { x: number; y: number; name: string; value: string; below?: boolean }) {
  const { x, y, name, value, below = false } = props;
  return (
    <g>
      <text x={x} y={below ? y + 32 : y - 16}>
        {name}
      </text>
      <text class="value" x={x} y={below ? y + 50 : y}>
        {value}
      </text>
    </g>
  );
}

const Sign = ({ x, y, sign, marked }: { x: number; y: number; sign: string; marked: boolean }) => (
  <g>
    <circle class={marked ? "box marked" : "box"} cx={x} cy={y} r={12} />
    <text x={x} y={y + 5}>
      {sign}
    </text>
  </g>
);

const short = (v: number): string => (v < 0 ? `−${Math.abs(v).toFixed(2)}` : v.toFixed(2));
