import { useMemo } from "preact/hooks";
import { binned, inOrder, rowOf, unitOf } from "../bins.ts";
import { blueOrange, cividis, cssColour, inkOn, limitFor, placeIn } from "../colours.ts";
import { gateFigure } from "../figures/of-trace.ts";
import { gateName, isSigned } from "../gates.ts";
import { choosePart, partCell, partStep, partTrace } from "../long.ts";
import { factors, shownFactors } from "../looks.ts";
import { origin } from "../origin.ts";
import { Heatmap, Scale } from "../parts/heatmap.tsx";
import { SaveFigure } from "../parts/save-figure.tsx";
import { CellTable } from "../parts/tables.tsx";
import { cell, gate, gates, unit, unitOrder } from "../state.ts";

/** A gate of every unit at every step, as colours. */
export function GateLane({ width }: { width: number }) {
  const { units, values } = partCell.value!;
  const { steps } = partTrace.value!;
  const all = values[gate.value];
  const order = unitOrder.value;
  const bins = useMemo(() => binned(inOrder(all, units, order), units), [all, units, order]);
  if (!all) return null;
  const shown = bins.values;
  const signed = isSigned(gate.value);
  const limit = signed ? limitFor(cell.value!.values[gate.value]) : null; // one scale for all of a long input
  const colours = signed ? blueOrange : cividis;
  const height = Math.max(1, Math.min(18, Math.floor(320 / bins.rows)));
  const placeOf = (u: number) => (order ? order.indexOf(u) : u);
  const { value: chosen } = partStep;
  const at = chosen === null ? null : { column: chosen, row: rowOf(placeOf(unit.value), bins) };
  const value = at && all[at.column * units + unit.value];
  return (
    <>
      <h2 class="lane">Every unit at every step</h2>
      <fieldset class="tabs">
        <legend class="unseen">Gate</legend>
        {gates.value.map((name, k) => (
          <button
            type="button"
            key={name}
            aria-pressed={gate.value === name}
            onClick={() => {
              gate.value = name;
            }}
          >
            {gateName(name)} {k < 4 && <kbd>{k + 1}</kbd>}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={factors.open.value}
          onClick={() => {
            factors.open.value = !factors.open.value;
          }}
        >
          Units that act together, side by side
        </button>
      </fieldset>
      <Heatmap
        values={shown}
        columns={steps.length}
        rows={bins.rows}
        columnWidth={width}
        rowHeight={height}
        colours={colours}
        limit={limit}
        cursor={at}
        label={`${gateName(gate.value)} of ${units} units at ${steps.length} steps; the table below has the numbers`}
        onChoose={(column, row) => {
          const place = unitOf(row, bins);
          choosePart(column, order ? order[place] : place);
        }}
      />
      <div class="below">
        <Scale
          colours={colours}
          limit={limit}
          label={
            bins.size === 1
              ? `${units} units from top to bottom`
              : `${units} units in bins of ${bins.size}: for each its smallest value and its largest`
          }
        />
        {at && value !== null && (
          <span
            class="value"
            style={{
              background: cssColour(colours, placeIn(value, limit)),
              color: inkOn(colours, placeIn(value, limit)),
            }}
          >
            “{steps[at.column].text}”, unit {unit.value + 1}: {value.toFixed(3)}
          </span>
        )}
      </div>
      <Order />
      <CellTable values={all} units={units} steps={steps} name={gateName(gate.value)} />
      <SaveFigure
        of={gateName(gate.value)}
        make={() => gateFigure(partTrace.value!, partCell.value!, gate.value, origin(), unitOrder.value)}
      />
    </>
  );
}

/** The order of the units, in words. */
function Order() {
  const { problem, open } = factors;
  const found = shownFactors();
  if (!open.value) return null;
  if (problem.value) return <p class="quiet">No order by factors: {problem.value}</p>;
  if (!found) return <p class="quiet">Looking for units that act together …</p>;
  const counts = Array.from({ length: found.count }, (_, f) => found.factorOf.filter((one) => one === f).length);
  return (
    <p class="quiet">
      From top to bottom by {found.count} factors of the output ({counts.join(", ")} units), which explain{" "}
      {Math.round(found.explained * 100)} % of its squares: groups of units that are active together (non-negative
      matrix factorization).
      {found.explained < 0.5 && " That is little: there are no clear groups here."}
    </p>
  );
}
