interface RunButtonsProps {
  /** The state of a training; null before one. */
  readonly state: "running" | "paused" | "done" | null;
  /** Words for the buttons that begin one, running or held. */
  readonly begin: string;
  readonly beginHeld: string;
  /** Whether nothing can begin yet. */
  readonly disabled?: boolean;
  readonly onBegin: (held: boolean) => void;
  readonly onToggle: () => void;
  readonly onStep: () => void;
  readonly onEnd: () => void;
}

/** Begin; and while it runs: hold or go on, one step, end. */
export function RunButtons({
  state,
  begin,
  beginHeld,
  disabled = false,
  onBegin,
  onToggle,
  onStep,
  onEnd,
}: RunButtonsProps) {
  const runs = state !== null && state !== "done";
  const buttons: readonly (readonly [words: string, act: () => void])[] = runs
    ? [
        [state === "paused" ? "Go on" : "Hold", onToggle],
        ["One step", onStep],
        ["End", onEnd],
      ]
    : [
        [begin, () => onBegin(false)],
        [beginHeld, () => onBegin(true)],
      ];
  return (
    <>
      {buttons.map(([words, act], k) => (
        <button key={`${runs} ${k}`} type="button" disabled={!runs && disabled} onClick={act}>
          {words}
        </button>
      ))}
    </>
  );
}
