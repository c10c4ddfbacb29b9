import type { TrainingState } from "../../../src/studio/messages.ts";
import { rewind } from "../training.ts";

/** Goes back to the network as it was after any epoch that is kept; says how many there are, and their memory. */
export function Rewind({ state }: { state: TrainingState }) {
  const { kept, keptBytes, epochSteps, step, steps } = state;
  if (kept.length < 2) return null;
  const at = kept.findLastIndex((one) => one <= step);
  const epochs = Math.ceil(steps / epochSteps);
  const apart = Math.round((kept[1] - kept[0]) / epochSteps);
  const back = step < kept[kept.length - 1];
  const then =
    state.state === "done"
      ? "The gates below are those of this epoch."
      : "The gates below are those of this epoch; Go on trains from here.";
  return (
    <div class="rewind">
      <label>
        Back to epoch{" "}
        <input
          type="range"
          min={0}
          max={kept.length - 1}
          value={at}
          aria-valuetext={`epoch ${Math.round(kept[at] / epochSteps)} of ${epochs}`}
          onInput={(event) => void rewind(kept[Number(event.currentTarget.value)])}
        />{" "}
        <output>
          {Math.round(kept[at] / epochSteps)} of {epochs}
        </output>
      </label>
      <span class="quiet">
        {kept.length} networks are kept{apart > 1 && `, one in ${apart} epochs`}: {megabytes(keptBytes)} of at most 64
        MB. {back && then}
      </span>
    </div>
  );
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 2 : 1)} MB`;
