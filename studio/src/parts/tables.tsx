import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Step } from "../../../src/studio/messages.ts";
import { percent } from "./ribbons.tsx";

const mostCells = 20_000; // numbers that a table has at most: a page with more is slow

/** A table behind a picture, made when it is opened. */
export function Behind({ title, children }: { title: string; children: () => ComponentChildren }) {
  const open = useMemo(() => signal(false), []);
  return (
    <details
      class="behind"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{title}</summary>
      {open.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="scrolls" tabIndex={0} aria-label={title}>
          {children()}
        </section>
      )}
    </details>
  );
}

export function CellTable({
  values,
  units,
  steps,
  name,
}: {
  values: Float32Array;
  units: number;
  steps: readonly Step[];
  name: string;
}) {
  const shown = steps.slice(0, Math.max(1, Math.floor(mostCells / units)));
  return (
    <Behind title={`The ${name} as a table`}>
      {() => (
        <table>
          <thead>
            <tr>
              <th scope="col">unit</th>
              {shown.map(({ text }, t) => (
                <th scope="col" key={t}>
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: units }, (_, u) => (
              <tr key={u}>
                <th scope="row">{u + 1}</th>
                {shown.map((_, t) => (
                  <td key={t}>{values[t * units + u].toFixed(3)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Behind>
  );
}

export function LeftTable({ left, steps }: { left: Float32Array; steps: readonly Step[] }) {
  const count = steps.length;
  const shown = steps.slice(0, Math.floor(Math.sqrt(mostCells)));
  return (
    <Behind title="What is left, as a table">
      {() => (
        <table>
          <thead>
            <tr>
              <th scope="col">written at</th>
              {shown.map(({ text }, t) => (
                <th scope="col" key={t}>
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ text }, s) => (
              <tr key={s}>
                <th scope="row">{text}</th>
                {shown.map((_, t) => (
                  <td key={t}>{t < s ? "" : percent(left[s * count + t] / left[s * count + s])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Behind>
  );
}
