import { useState } from "preact/hooks";
import { download } from "../download.ts";
import { csvOf, type Figure } from "../figures/figure.ts";

const kinds = ["PNG", "SVG", "CSV"] as const;

/** A menu beside a figure `of` something: saves it as a picture or as numbers. The figure is made when it is asked for. */
export function SaveFigure({ of, make }: { of: string; make: () => Figure }) {
  const [said, say] = useState("");
  const save = async (kind: (typeof kinds)[number]) => {
    try {
      const figure = make();
      const name = `${figure.name}.${kind.toLowerCase()}`;
      if (kind === "CSV") download(name, csvOf(figure.table), "text/csv");
      else if (kind === "SVG") download(name, figure.svg(), "image/svg+xml");
      else download(name, await pngOf(figure.svg()), "image/png");
      say(`Saved as ${name}.`);
    } catch (error) {
      say(`The figure could not be saved as ${kind}: ${(error as Error).message}`);
    }
  };
  return (
    <details class="save" onToggle={() => say("")}>
      <summary>
        Save this figure<span class="unseen">: {of}</span>
      </summary>
      <span class="row">
        {kinds.map((kind) => (
          <button type="button" key={kind} onClick={() => void save(kind)}>
            {kind}
          </button>
        ))}
        <span role="status">{said}</span>
      </span>
    </details>
  );
}

const mostPixels = 16_000_000; // what every browser's canvas holds

/** An SVG as PNG, two pixels for one, or fewer where it is large. */
async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(2, Math.sqrt(mostPixels / (width * height)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("the picture is too large");
    return blob;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
