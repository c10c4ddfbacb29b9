import { parseHTML } from "linkedom";
import { textWidth } from "../style.ts";

interface Box {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Pairs of level texts of an SVG that lie on each other, by the widths that the plots reckon with. */
export function overlaps(svg: string): string[] {
  const boxes = textBoxes(svg);
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
      .map((b) => `"${a.text}" and "${b.text}"`),
  );
}

/** The position of each text that is not rotated, in pixels. */
export function textBoxes(svg: string): Box[] {
  const { document } = parseHTML(`<body>${svg}</body>`);
  return [...document.querySelectorAll("text")].flatMap((element) => {
    const text = element.textContent ?? "";
    const chain = ancestors(element);
    if (text === "" || chain.some((e) => /rotate/.test(e.getAttribute("transform") ?? ""))) return [];
    const inherited = (name: string) => chain.map((e) => e.getAttribute(name)).find((value) => value);
    const size = Number.parseFloat(inherited("font-size") ?? "12");
    const [x, y] = position(element, chain, size);
    const width = textWidth(text, size) * 0.9; // the reckoning is on the safe side
    const anchor = inherited("text-anchor") ?? "start";
    const left = x - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
    return [{ text, left, right: left + width, top: y - 0.75 * size, bottom: y + 0.1 * size }];
  });
}

function position(element: Element, chain: readonly Element[], size: number): [x: number, y: number] {
  const own = (name: string) => Number.parseFloat(element.getAttribute(name) ?? "0");
  const dy = element.getAttribute("dy");
  let [x, y] = [own("x"), own("y") + (dy?.endsWith("em") ? Number.parseFloat(dy) * size : own("dy"))];
  for (const e of chain) {
    const moved = /translate\(([-\d.]+)[, ]+([-\d.]+)\)/.exec(e.getAttribute("transform") ?? "");
    if (moved) [x, y] = [x + Number(moved[1]), y + Number(moved[2])];
  }
  return [x, y];
}

function ancestors(element: Element): Element[] {
  const chain: Element[] = [];
  for (let e: Element | null = element; e !== null; e = e.parentElement) chain.push(e);
  return chain;
}
