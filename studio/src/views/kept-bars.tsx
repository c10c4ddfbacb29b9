import { useRef } from "preact/hooks";
import { keptFigure } from "../figures/of-trace.ts";
import { gateName, meanAt } from "../gates.ts";
import { choosePart, part, partCell, partTrace } from "../long.ts";
import { origin } from "../origin.ts";
import { SaveFigure } from "../parts/save-figure.tsx";
import { cell, hold } from "../state.ts";

interface Props {
  readonly keeps: Float32Array;
  readonly units: number;
  readonly steps: number;
  /** The gate that keeps: `f`, or `z` of a GRU. */
  readonly name: string;
}

const least = 4; // px that a bar is dragged before it is a drag

/** How much of the memory each step kept: the mean of the forget gate. A bar that is dragged holds the gate of all units there. */
export function KeptBars({ keeps, units, steps, name }: Props) {
  const drag = useRef<{ from: number; moved: boolean } | null>(null);
  const pull = (t: number, event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (!drag.current || (!drag.current.moved && Math.abs(event.clientY - drag.current.from) < least)) return;
    if (!drag.current.moved) choosePart(t);
    drag.current.moved = true;
    const value = Math.max(0, Math.min(1, (box.bottom - event.clientY) / box.height));
    hold({
      cell: cell.value!.name,
      gate: name,
      step: part.value.from + t,
      unit: null,
      value: Math.round(value * 100) / 100,
    });
  };
  return (
    <>
      <h2 class="lane">Kept of the memory so far, in %: the mean of the {gateName(name)}. Drag a bar to hold it.</h2>
      <div class="bars drags">
        {Array.from({ length: steps }, (_, t) => {
          const mean = meanAt(keeps, t, units);
          return (
            <div
              class="bar"
              key={t}
              title={`${Math.round(mean * 100)} % kept`}
              onPointerDown={(event) => {
                drag.current = { from: event.clientY, moved: false };
                event.currentTarget.setPointerCapture(event.pointerId);
              }}
              onPointerMove={(event) => pull(t, event)}
              onPointerUp={() => {
                if (drag.current && !drag.current.moved) choosePart(t);
                drag.current = null;
              }}
              onPointerCancel={() => {
                drag.current = null;
              }}
            >
              <span style={{ height: `${mean * 100}%` }} />
              <b>{Math.round(mean * 100)}</b>
            </div>
          );
        })}
      </div>
      <SaveFigure
        of={`the mean of the ${gateName(name)}`}
        make={() => keptFigure(partTrace.value!, partCell.value!, name, origin())}
      />
    </>
  );
}
