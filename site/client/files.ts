/** Files that the reader gives to the page's cells. They stay in the page. */
import type { GivenFile } from "../shared/messages.ts";
import { element, inSite } from "./element.ts";

const given = new Map<string, Uint8Array>();

/** What a program of the page may read; the questions about LSTMs stand for `faq.txt` until the reader gives one. */
export async function filesFor(code: string): Promise<GivenFile[]> {
  const files = [...given].map(([name, bytes]) => ({ name, bytes }));
  if (code.includes("faq.txt") && !given.has("faq.txt")) {
    const response = await fetch(inSite("assets/faq.txt"));
    if (response.ok) files.push({ name: "faq.txt", bytes: new Uint8Array(await response.arrayBuffer()) });
  }
  return files;
}

/** A place to drop files, or to choose them. */
export function filesPanel(): HTMLElement {
  const input = element("input", { type: "file", multiple: "" });
  const list = element("p", { class: "quiet", role: "status" });
  const label = element("label", {}, "Files for the cells: ", input);
  const panel = element("details", { class: "given-files" }, element("summary", {}, "Data of your own"), label, list);
  panel.append(
    element(
      "p",
      { class: "quiet" },
      'Data sets whose licence does not let us ship them are yours to fetch. Drop one here, and a program reads it by its name: readCsv("prices.csv"), readFileSync("story.txt", "utf8"). It stays in this page.',
    ),
  );
  const take = async (files: Iterable<File>) => {
    for (const file of files) given.set(file.name, new Uint8Array(await file.arrayBuffer()));
    list.textContent = [...given].map(([name, bytes]) => `${name} (${(bytes.length / 1000).toFixed(1)} kB)`).join(", ");
  };
  input.addEventListener("change", () => void take(input.files ?? []));
  panel.addEventListener("dragover", (event) => event.preventDefault());
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files ?? []);
  });
  return panel;
}
