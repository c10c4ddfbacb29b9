/** On the teacher's page: files that students handed in, side by side. They are shown as text; nothing in them runs. */
import { type HandIn, readHandIn } from "../shared/hand-in.ts";
import { element } from "./element.ts";

const heading = document.querySelector<HTMLElement>("[data-reads-hand-ins]")!;
const input = element("input", { type: "file", multiple: "", accept: ".json,application/json" });
const said = element("p", { class: "quiet", role: "status" });
const list = element("div", { class: "hand-ins" });
heading.after(
  element("div", { class: "given-files" }, element("label", {}, "Files that students handed in: ", input), said, list),
);

input.addEventListener("change", async () => {
  const files = [...(input.files ?? [])];
  const read = await Promise.all(
    files.map(async (file) => ({ file: file.name, handIn: readHandIn(await file.text()) })),
  );
  const refused = read.flatMap(({ file, handIn }) => (typeof handIn === "string" ? [`${file}: ${handIn}`] : []));
  const good = read.flatMap(({ handIn }) => (typeof handIn === "string" ? [] : [handIn]));
  good.sort((a, b) => a.lab.localeCompare(b.lab) || a.name.localeCompare(b.name));
  said.textContent = [`${good.length} read.`, ...refused].join(" ");
  list.replaceChildren(...good.map(shown));
});

function shown({ lab, name, answers, saved, cells }: HandIn): HTMLElement {
  const ran = cells.filter(({ seconds }) => seconds !== null).length;
  const changed = cells.filter((cell) => cell.changed).length;
  const head = `${name}: ${lab}, ${ran} of ${cells.length} programs run, ${changed} changed, saved ${saved.slice(0, 16).replace("T", " ")}`;
  const parts = cells
    .filter((cell) => cell.changed || cell.seconds !== null)
    .flatMap(({ label, code, output, changed }) => [
      element("h4", {}, changed ? `${label}, changed` : label),
      ...(changed ? [element("pre", { class: "code", tabindex: "0" }, code)] : []),
      element("pre", { class: "cell-lines", tabindex: "0" }, output || "(it was not run, or printed nothing)"),
    ]);
  return element(
    "details",
    { class: "handed" },
    element("summary", {}, head),
    element("h4", {}, "Answers"),
    element("p", { class: "answers" }, answers || "(none)"),
    ...parts,
  );
}
