/** Search over the site, in the page: the index is a file of the site. */
import MiniSearch from "minisearch";
import { searchOptions } from "../shared/search-options.ts";
import { element, inSite } from "./element.ts";

interface Found {
  readonly at: string;
  readonly title: string;
  readonly page: string;
}

const input = element("input", {
  type: "search",
  placeholder: "forget gate, padSequences, early stopping, ...",
  "aria-label": "Search the site",
  autocomplete: "off",
});
const list = element("ol", { class: "found" });
const said = element("p", { class: "quiet", role: "status" });
const dialog = element(
  "dialog",
  { class: "search", "aria-label": "Search" },
  element("form", { method: "dialog" }, input, element("button", {}, "Close")),
  said,
  list,
);
document.body.append(dialog);
let index: Promise<MiniSearch> | undefined;

export function openSearch(): void {
  dialog.showModal();
  input.focus();
  index ??= fetch(inSite("assets/search.json"))
    .then((response) => response.text())
    .then((text) => MiniSearch.loadJSONAsync(text, searchOptions));
  void show();
}

input.addEventListener("input", () => void show());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
  if (event.key === "Enter") list.querySelector("a")?.click();
  if (event.key === "ArrowDown") list.querySelector("a")?.focus();
});

async function show(): Promise<void> {
  const asked = input.value.trim();
  const search = await index;
  if (!search || asked !== input.value.trim()) return;
  const found = asked ? (search.search(asked).slice(0, 12) as unknown as Found[]) : [];
  said.textContent = asked
    ? found.length > 0
      ? `${found.length === 12 ? "The first 12" : found.length} for “${asked}”`
      : `Nothing for “${asked}”`
    : "";
  list.replaceChildren(
    ...found.map(({ at, title, page }) => {
      const where = page === title ? "" : ` ${page}`;
      const link = element(
        "a",
        { href: inSite(at) },
        element("strong", {}, title),
        where && element("small", {}, where),
      );
      link.addEventListener("click", () => dialog.close());
      return element("li", {}, link);
    }),
  );
}
