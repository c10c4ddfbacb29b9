/** A number with its label; what is typed beyond the bounds becomes the nearest one. */
export function NumberInput(props: {
  readonly label: string;
  readonly value: number;
  readonly bounds: readonly [number, number];
  /** 1 for whole numbers. */
  readonly step?: number | "any";
  onChange(value: number): void;
}) {
  const { label, value, bounds, step = 1, onChange } = props;
  const [least, most] = bounds;
  return (
    <label>
      {label}{" "}
      <input
        type="number"
        min={least}
        max={most}
        step={step}
        value={value}
        onChange={(event) => {
          const typed = Number(event.currentTarget.value);
          if (Number.isFinite(typed)) onChange(Math.min(most, Math.max(least, step === 1 ? Math.round(typed) : typed)));
        }}
      />
    </label>
  );
}
