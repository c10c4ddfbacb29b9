import { useMemo } from "preact/hooks";
import { binned, binnedSteps, inOrder } from "../bins.ts";
import { blueOrange, cividis, limitFor } from "../colours.ts";
import { gateName, isSigned, meanAt } from "../gates.ts";
import { part } from "../long.ts";
import { followedOf } from "../outputs.ts";
import { mostShown } from "../part.ts";
import { Heatmap } from "../parts/heatmap.tsx";
import { about, cell, choose, gate, step, trace, unitOrder } from "../state.ts";

const mostRows = 96;
const bandHeight = 56; // px

/** All steps of a long input at once, in bins; the part that is drawn step by step below is framed. */
export function Overview() {
  const { steps, outputs } = trace.value!;
  if (steps.length <= mostShown) return null;
  const count = steps.length;
  const { units, values } = cell.value!;
  const keeps = values.f ?? values.z;
  const words = about.value!.input === "words" ? "words" : "steps";
  const { from, count: shown } = part.value;
  const followed = outputs.at === "each" && !outputs.words ? followedOf(outputs) : null;
  const probability = outputs.kind === "probability";
  return (
    <section class="overview" aria-labelledby="overview-title">
      <h2 id="overview-title">
        All {count.toLocaleString("en")} {words}
      </h2>
      <label class="row">
        Look at
        <input
          type="range"
          min={1}
          max={count}
          value={(step.value ?? from) + 1}
          onInput={(event) => choose(Number(event.currentTarget.value) - 1)}
        />
        <span>
          {step.value === null ? "" : `step ${step.value + 1}, “${steps[step.value].text}”; `}
          below, steps {from + 1} to {from + shown}
        </span>
      </label>
      {followed && (
        <Band
          title={
            probability
              ? `Probability of “${outputs.labels[followed.place]}” after each step`
              : `Prediction after each step: ${outputs.labels[followed.place]}`
          }
          values={Float32Array.from(followed.values)}
          range={probability ? [0, 1] : null}
          kind="prediction"
        />
      )}
      {keeps && (
        <Band
          title={`Kept of the memory so far: the mean of the ${gateName(values.f ? "f" : "z")}`}
          values={Float32Array.from({ length: count }, (_, t) => meanAt(keeps, t, units))}
          range={[0, 1]}
          kind="kept"
        />
      )}
      <GateOverview />
    </section>
  );
}

const roomOf = (): number => Math.min(document.documentElement.clientWidth, 1216) - 32; // px between the page's margins

/** The chosen gate of all units at all steps. */
function GateOverview() {
  const { units, values } = cell.value!;
  const all = values[gate.value];
  const order = unitOrder.value;
  const room = roomOf();
  const { bins, shown } = useMemo(() => {
    const rows = binned(inOrder(all, units, order), units, mostRows);
    return { bins: rows, shown: binnedSteps(rows.values, rows.rows, Math.max(100, Math.min(1200, room))) };
  }, [all, units, order, room]);
  if (!all) return null;
  const signed = isSigned(gate.value);
  const { columns, size } = shown;
  const width = room / columns;
  const column = (t: number) => (size === 1 ? t : Math.floor(t / size) * 2);
  const { from, count } = part.value;
  const frame = { column: column(from), columns: column(from + count - 1) - column(from) + (size === 1 ? 1 : 2) };
  const inBins = size === 1 ? "" : `, in bins of ${size}: for each and every row the smallest value, then the largest`;
  return (
    <>
      <p class="quiet">
        {capital(gateName(gate.value))}: {units} units{bins.size > 1 ? ` in bins of ${bins.size}` : ""} at{" "}
        {(all.length / units).toLocaleString("en")} steps{inBins}. The frame is what is drawn below; click to go there.
      </p>
      <Heatmap
        values={shown.values}
        columns={columns}
        rows={bins.rows}
        columnWidth={width}
        rowHeight={Math.max(1, Math.min(8, Math.floor(96 / bins.rows)))}
        colours={signed ? blueOrange : cividis}
        limit={signed ? limitFor(all) : null}
        cursor={{ ...frame, row: 0, rows: bins.rows }}
        label={`${gateName(gate.value)} of ${units} units at all steps; the slider above chooses a step`}
        onChoose={(at) => choose(size === 1 ? at : Math.floor(at / 2) * size)}
      />
    </>
  );
}

interface BandProps {
  readonly title: string;
  /** A number for each step. */
  readonly values: Float32Array;
  readonly range: readonly [number, number] | null;
  readonly kind: "prediction" | "kept";
}

/** Numbers of all steps as a band between the smallest and the largest of each bin. */
function Band({ title, values, range, kind }: BandProps) {
  const room = roomOf();
  const {
    values: shown,
    columns,
    size,
  } = useMemo(() => binnedSteps(values, 1, Math.max(100, Math.min(1200, room))), [values, room]);
  const [low, high] = range ?? [
    shown.reduce((a, v) => Math.min(a, v), shown[0]),
    shown.reduce((a, v) => Math.max(a, v), shown[0]),
  ];
  const y = (v: number) => (bandHeight * (1 - (v - low) / (high - low || 1))).toFixed(1);
  const bins = size === 1 ? columns : columns / 2;
  const at = (bin: number, most: boolean) => shown[size === 1 ? bin : bin * 2 + (most ? 1 : 0)];
  const along = Array.from({ length: bins }, (_, k) => k);
  const edge = (most: boolean) => along.map((k) => `${k} ${y(at(k, most))}`);
  const digits = (v: number) => String(Number(v.toPrecision(3)));
  return (
    <figure class="band">
      <figcaption class="quiet">
        {title}, from {digits(low)} to {digits(high)}
        {size > 1 ? `, in bins of ${size}: the smallest and the largest` : ""}
      </figcaption>
      <svg
        class={kind}
        width={room}
        height={bandHeight}
        viewBox={`0 0 ${Math.max(1, bins - 1)} ${bandHeight}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={title}
      >
        <path d={`M${[...edge(true), ...edge(false).reverse()].join("L")}Z`} />
      </svg>
    </figure>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
