import type * as Resvg from "@resvg/resvg-js";
import { BackendError, DataError, FormatError, problem } from "../errors.ts";

export interface PngOptions {
  /** Pixels of the picture for each pixel of the SVG. Default 2, sharp on today's screens and in print. */
  scale?: number;
  /** Paths of font files to use as well as the system's, in Node. Default: none. */
  fonts?: readonly string[];
}

/**
 * An SVG text, as the functions here return it, as the bytes of a PNG file. In Node the package `@resvg/resvg-js` draws it
 * with the system's fonts, in a browser a canvas. Throws BackendError where neither is there or no font is found.
 *
 *   await writeFile("history.png", await svgToPng(await plotHistory(history.history)));
 */
export async function svgToPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  const { scale = 2, fonts = [] } = options;
  if (!(Number.isFinite(scale) && scale > 0 && scale <= 16)) {
    throw new DataError(problem("svgToPng", "scale to be above 0 and at most 16", String(scale)));
  }
  if (typeof svg !== "string" || !svg.includes("<svg")) {
    throw new FormatError(problem("svgToPng", "the text of an SVG file", JSON.stringify(String(svg).slice(0, 40))));
  }
  return typeof document === "undefined" ? drawInNode(svg, scale, fonts) : drawInPage(svg, scale);
}

async function drawInNode(svg: string, scale: number, fonts: readonly string[]): Promise<Uint8Array> {
  const { Resvg } = await loadResvg();
  const font = { loadSystemFonts: true, fontFiles: [...fonts] };
  const probe = new Resvg(
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15">A</text></svg>',
    {
      font,
    },
  );
  if (probe.getBBox() === undefined) {
    const next = 'Install one (fonts-dejavu, say) or name a file: { fonts: ["DejaVuSans.ttf"] }.';
    throw new BackendError(problem("svgToPng", "a font", "a system without any", next));
  }
  try {
    return new Resvg(svg, { font, fitTo: { mode: "zoom", value: scale } }).render().asPng();
  } catch (cause) {
    throw new FormatError(problem("svgToPng", "SVG that can be drawn", String(cause)), { cause });
  }
}

/** Its name is no literal in the import, so that a browser bundle does not look for the binary. */
async function loadResvg(): Promise<typeof Resvg> {
  const library = "@resvg/resvg-js" as string;
  try {
    return (await import(
      /* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ library
    )) as typeof Resvg;
  } catch (cause) {
    const next = "npm install @resvg/resvg-js, or keep the SVG.";
    throw new BackendError(problem("svgToPng", "the package @resvg/resvg-js", String(cause), next), { cause });
  }
}

async function drawInPage(svg: string, scale: number): Promise<Uint8Array> {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) throw new BackendError(problem("svgToPng", "a canvas that can be saved", "none"));
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
