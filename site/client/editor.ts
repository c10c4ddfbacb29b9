/** A block of code that can be edited: a text field over its coloured copy. */
import { highlighted } from "../shared/highlight.ts";
import { element } from "./element.ts";

export interface Editor {
  readonly field: HTMLTextAreaElement;
  code: string;
  /** Marks a line (from 1), or none. */
  mark(line: number | null): void;
}

export function editor(block: HTMLPreElement, label: string, changed: () => void): Editor {
  const copy = element("pre", { class: "code ts", "aria-hidden": "true" });
  const field = element("textarea", {
    "aria-label": label,
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
  });
  const marked = element("div", { class: "marked-line" });
  marked.hidden = true;
  const holder = element("div", { class: "editor" }, element("div", { class: "editor-sheet" }, marked, copy, field));
  block.replaceWith(holder);

  const draw = () => {
    copy.innerHTML = `<code>${highlighted(field.value, "ts")}\n</code>`; // the end of the last line has a place too
  };
  const mark = (line: number | null) => {
    marked.hidden = line === null;
    if (line !== null) marked.style.setProperty("--line", String(line - 1));
  };
  field.value = block.textContent ?? "";
  draw();
  field.addEventListener("input", () => {
    draw();
    mark(null);
    changed();
  });
  return {
    field,
    mark,
    get code() {
      return field.value;
    },
    set code(text) {
      field.value = text;
      mark(null);
      draw();
    },
  };
}
