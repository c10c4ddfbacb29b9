import type { Step } from "../../../src/studio/messages.ts";
import { ladder, ribbonHeight, ribbonShape } from "./ribbon-shape.ts";

interface Props {
  /** [T * T] at s * T + t, in sums over units. */
  readonly left: Float32Array;
  readonly steps: readonly Step[];
  readonly units: number;
  readonly columnWidth: number;
  readonly chosen: number | null;
  onChoose(step: number): void;
}

const most = 120; // ribbons that are drawn: beyond, they are too thin to be told apart

/** A ribbon for each step: its height is what is left of what that step wrote, so it narrows as the forget gates close. */
export function Ribbons({ left, steps, units, columnWidth, chosen, onChoose }: Props) {
  const count = steps.length;
  const first = Math.max(0, count - most);
  const limit = ladder(Math.max(...left) / units);
  const lines = steps.slice(first).map((step, k) => ({ step, s: first + k }));
  const row = ribbonHeight(count);
  const height = (lines.length || 1) * row;
  return (
    <div class="ribbons">
      <svg width={count * columnWidth} height={height} role="img" aria-label={describe(left, steps, chosen)}>
        {lines.map(({ step, s }, k) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the words above are buttons for the same, and arrow keys walk
          <g
            class={chosen === s ? "ribbon chosen" : chosen === null ? "ribbon" : "ribbon other"}
            onClick={() => onChoose(s)}
            key={s}
          >
            <path d={ribbonShape(left, s, count, units * limit, columnWidth, (k + 0.5) * row)} />
            <text x={s * columnWidth + 4} y={(k + 0.5) * row + 4}>
              {step.text}
            </text>
          </g>
        ))}
      </svg>
      <p class="quiet">
        The height of a ribbon: what is left of what was written there, a unit on average; the whole row is {limit}.
        {first > 0 ? ` The last ${most} of ${count} steps have a ribbon.` : ""}
      </p>
    </div>
  );
}

function describe(left: Float32Array, steps: readonly Step[], chosen: number | null): string {
  const count = steps.length;
  const at = chosen ?? 0;
  const share = left[at * count + count - 1] / left[at * count + at];
  return `What is left of each step in the memory. Of what “${steps[at].text}” wrote, ${percent(share)} is left at the end.`;
}

export const percent = (share: number): string =>
  share > 0 && share < 0.005 ? "less than 1 %" : `${Math.round(share * 100)} %`;
