import { useLayoutEffect, useRef } from "preact/hooks";
import { placeIn } from "../colours.ts";

interface Props {
  /** [columns * rows], column by column: a step's units lie together. */
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly columnWidth: number;
  readonly rowHeight: number;
  readonly colours: Uint8ClampedArray;
  /** Bound of a signed scale; null: values from 0 to 1. */
  readonly limit: number | null;
  /** A place that is marked, and how many columns and rows of it: one if not said. */
  readonly cursor: {
    readonly column: number;
    readonly row: number;
    readonly columns?: number;
    readonly rows?: number;
  } | null;
  readonly label: string;
  onChoose(column: number, row: number): void;
}

const px = (size: number): string => `${size}px`;

/** Values as colours, one pixel each and scaled without smoothing; the cursor lies on a layer above. */
export function Heatmap(props: Props) {
  const { values, columns, rows, columnWidth, rowHeight, colours, limit, cursor, label } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    context.putImageData(pixels(values, columns, rows, colours, limit), 0, 0);
  }, [values, columns, rows, colours, limit]);
  const [width, height] = [columns * columnWidth, rows * rowHeight];
  const choose = ({ offsetX, offsetY }: MouseEvent) =>
    props.onChoose(
      Math.min(columns - 1, Math.floor(offsetX / columnWidth)),
      Math.min(rows - 1, Math.floor(offsetY / rowHeight)),
    );
  return (
    <div class="heatmap" style={{ width: px(width), height: px(height) }}>
      <canvas ref={canvas} width={columns} height={rows} role="img" aria-label={label} onClick={choose} />
      {cursor && (
        <div
          class="cursor"
          style={{
            left: px(cursor.column * columnWidth),
            top: px(cursor.row * rowHeight),
            width: px(columnWidth * (cursor.columns ?? 1)),
            height: px(rowHeight * (cursor.rows ?? 1)),
          }}
        />
      )}
    </div>
  );
}

/** One pixel a value, a row for each unit. */
export function pixels(
  values: Float32Array,
  columns: number,
  rows: number,
  colours: Uint8ClampedArray,
  limit: number | null,
): ImageData {
  const image = new ImageData(columns, rows);
  const [from, to] = [new Uint32Array(colours.buffer), new Uint32Array(image.data.buffer)];
  for (let t = 0; t < columns; t++)
    for (let u = 0; u < rows; u++) {
      const value = values[t * rows + u];
      if (!Number.isNaN(value)) to[u * columns + t] = from[placeIn(value, limit)];
    }
  return image;
}

/** The colours of a scale with its ends in numbers. */
export function Scale({ colours, limit, label }: { colours: Uint8ClampedArray; limit: number | null; label: string }) {
  const stops = Array.from(
    { length: 9 },
    (_, k) => `rgb(${colours.slice(Math.round((k / 8) * 255) * 4, Math.round((k / 8) * 255) * 4 + 3).join(" ")})`,
  );
  return (
    <span class="scale">
      <span>{limit === null ? "0" : -limit}</span>
      <span class="colours" style={{ background: `linear-gradient(90deg, ${stops.join(", ")})` }} />
      <span>{limit === null ? "1" : limit}</span>
      <span class="quiet">{label}</span>
    </span>
  );
}
