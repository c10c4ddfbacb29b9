/** What a cell's run shows: lines as text, figures as pictures, which run nothing, files to save, and a training's curve. */

import { download } from "../../studio/src/download.ts";
import type { Told } from "../shared/messages.ts";
import { curveSvg } from "./curve.ts";
import { element } from "./element.ts";

export interface Output {
  readonly place: HTMLElement;
  show(told: Told): void;
  /** How it went, in a sentence. */
  say(sentence: string): void;
  /** The lines of the last run. */
  text(): string;
  clear(): void;
}

export function output(label: string): Output {
  const bar = element("progress", { "aria-label": `Epochs of ${label}` });
  const said = element("p", { class: "cell-said", role: "status" });
  const curve = element("div", { class: "cell-curve" });
  const lines = element("pre", { class: "cell-lines", tabindex: "0", "aria-label": `Output of ${label}` });
  const figures = element("div", { class: "cell-figures" });
  const place = element("div", { class: "cell-output" }, said, bar, curve, lines, figures);
  let curves = new Map<string, [number, number][]>();
  let drawn = 0;

  const epoch = ({ epoch, epochs, logs }: Extract<Told, { kind: "epoch" }>) => {
    if (epoch === 1 || epoch <= (curves.get("loss")?.at(-1)?.[0] ?? 0)) curves = new Map(); // another training
    for (const name of ["loss", "val_loss"])
      if (name in logs) curves.set(name, [...(curves.get(name) ?? []), [epoch, logs[name]]]);
    bar.hidden = epochs < 2;
    [bar.max, bar.value] = [epochs, epoch];
    if (epochs < 2 || (performance.now() - drawn < 60 && epoch < epochs)) return;
    drawn = performance.now();
    curve.innerHTML = curveSvg(curves, epochs);
    const numbers = Object.entries(logs).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    said.textContent = `Epoch ${epoch} of ${epochs}: ${numbers.join(", ")}`;
  };
  const figure = (svg: string) => {
    const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    const image = element("img", { src: address, alt: `A figure that ${label} drew` });
    const save = element("button", { type: "button" }, "Save as SVG");
    save.addEventListener("click", () => download("figure.svg", svg, "image/svg+xml"));
    figures.append(element("figure", {}, image, save));
  };
  const file = (name: string, bytes: Uint8Array) => {
    const save = element("button", { type: "button" }, `Save ${name} (${(bytes.length / 1000).toFixed(1)} kB)`);
    save.addEventListener("click", () => download(name, bytes as BlobPart, "application/octet-stream"));
    figures.append(element("p", {}, save));
  };
  /** As a terminal does, unless the reader has scrolled up; an error is always seen. */
  const append = (isError: boolean, ...parts: (Node | string)[]) => {
    const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 40; // px: two lines
    lines.hidden = false;
    lines.append(...parts);
    if (atEnd || isError) lines.scrollTop = lines.scrollHeight;
  };
  const clear = () => {
    curves = new Map();
    bar.hidden = true;
    for (const part of [said, curve, lines, figures]) part.replaceChildren();
    lines.hidden = true;
  };
  clear();
  return {
    place,
    clear,
    show(told) {
      if (told.kind === "lines") append(false, `${told.lines.join("\n")}\n`);
      else if (told.kind === "figure") figure(told.svg);
      else if (told.kind === "file") file(told.name, told.bytes);
      else if (told.kind === "epoch") epoch(told);
      else if (told.kind === "done") bar.hidden = true;
      else if (told.kind === "error") {
        const text = told.line === null ? told.text : `line ${told.line}: ${told.text}`;
        append(true, element("span", { class: "cell-error" }, text), "\n");
      }
    },
    say(sentence) {
      said.textContent = sentence;
    },
    text: () => lines.textContent ?? "",
  };
}
