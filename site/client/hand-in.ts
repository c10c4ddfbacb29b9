/** The form below a lab: name and answers, and the file with them and the programs. */

import { download } from "../../studio/src/download.ts";
import type { HandIn } from "../shared/hand-in.ts";
import type { Cell } from "./cell.ts";
import { element } from "./element.ts";

export function handInForm(place: HTMLElement, cells: readonly Cell[]): void {
  const name = element("input", { type: "text", autocomplete: "name", maxlength: "100" });
  const answers = element("textarea", { rows: "6", maxlength: "20000" });
  const save = element("button", { type: "button", class: "run" }, "Save the file");
  const said = element("p", { class: "quiet", role: "status" });
  place.append(
    element("label", {}, "Your name", name),
    element("label", {}, "Your answers, and what you changed and saw", answers),
    element("p", {}, save),
    said,
  );
  save.addEventListener("click", () => {
    if (name.value.trim() === "") {
      said.textContent = "Write your name first.";
      name.focus();
      return;
    }
    const lab = place.dataset.lab ?? "";
    const handIn: HandIn = {
      format: "cellstate-lab",
      version: 1,
      lab,
      name: name.value.trim(),
      answers: answers.value,
      saved: new Date().toISOString(),
      cells: cells.map(({ number, label, original, editor, output, seconds }) => ({
        number,
        label,
        code: editor.code,
        changed: editor.code !== original,
        output: output.text(),
        seconds,
      })),
    };
    const file = `${lab}-${handIn.name.replace(/[^\p{L}\p{N}]+/gu, "-")}.json`;
    download(file, `${JSON.stringify(handIn, null, 2)}\n`, "application/json");
    said.textContent = `Saved as ${file}. Hand that in.`;
  });
}
