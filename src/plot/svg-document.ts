import type * as Linkedom from "linkedom";
import { BackendError, problem } from "../errors.ts";

/**
 * A document to draw SVG in: the page's own where there is a page; in Node, Bun and Deno linkedom's, loaded at first use.
 * A browser bundle never contains linkedom, because its name is no literal in the import.
 */
export async function svgDocument(): Promise<Document> {
  if (typeof document !== "undefined") return document;
  const library = "linkedom" as string;
  try {
    const { parseHTML } = (await import(/* @vite-ignore */ library)) as typeof Linkedom;
    return parseHTML("<!doctype html><html><body></body></html>").document;
  } catch (cause) {
    const next = "In a worker, send the history to the page and plot there; in Node, install linkedom.";
    throw new BackendError(problem("plot", "a document or the package linkedom", String(cause), next), { cause });
  }
}

/** The children of an SVG element as XML, without its style sheet. */
export function svgContent(svg: Element): string {
  const parts = [...svg.children].filter((child) => child.localName !== "style");
  if (typeof XMLSerializer === "undefined") return parts.map((child) => child.outerHTML).join("");
  const serializer = new XMLSerializer(); // a browser's outerHTML is HTML, which is not always XML
  return parts.map((child) => serializer.serializeToString(child)).join("");
}

/** Text made safe between tags and in attributes; characters that XML forbids are dropped. */
export function escapeXml(text: string): string {
  const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML allows no control characters but these three blanks
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "").replace(/[&<>"]/g, (c) => named[c]);
}

/** A line of text at x, y (its baseline), in pixels. */
export function svgText(text: string, x: number, y: number, attributes = ""): string {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escapeXml(text)}</text>`;
}
