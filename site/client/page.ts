/** What every page of the site does: colours, menu, search, copying; cells and the start page's model where they are. */
import { element } from "./element.ts";

const root = document.documentElement;

const menu = document.querySelector<HTMLButtonElement>(".menu-button");
menu?.addEventListener("click", () => {
  const open = root.classList.toggle("menu-open");
  menu.setAttribute("aria-expanded", String(open));
});

document.querySelector(".theme-button")?.addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme ?? (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("cellstate-theme", root.dataset.theme);
  } catch {
    // a browser that keeps nothing: the choice holds for this page
  }
});

const openSearch = () => void import("./search.ts").then(({ openSearch }) => openSearch());
document.querySelector(".search-button")?.addEventListener("click", openSearch);
addEventListener("keydown", (event) => {
  const writing =
    event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]");
  const asked = (event.key === "/" && !writing) || (event.key === "k" && (event.ctrlKey || event.metaKey));
  if (!asked || event.altKey) return;
  event.preventDefault();
  openSearch();
});

// The side list, and Keras's lines, are folded where they would push away what they stand beside.
const side = document.querySelector<HTMLDetailsElement>(".side details");
if (side && matchMedia("(max-width: 60rem)").matches) side.open = false;
if (matchMedia("(max-width: 79.99rem)").matches)
  for (const beside of document.querySelectorAll<HTMLDetailsElement>(".keras")) beside.open = false;
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest" });

for (const block of document.querySelectorAll<HTMLPreElement>("pre.code")) {
  if (block.closest(".cell, .keras")) continue;
  const button = element("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent ?? "");
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  const holder = element("div", { class: "holder" });
  block.replaceWith(holder);
  holder.append(block, button);
}

if (document.querySelector("#demo")) void import("./start.ts");
if (document.querySelector(".cell")) void import("./cells.ts");
if (document.querySelector("[data-reads-hand-ins]")) void import("./read-hand-ins.ts");

// Kept for when there is no network; after what is seen first.
if ("serviceWorker" in navigator) {
  const register = () => void navigator.serviceWorker.register(`${root.dataset.root}service-worker.js`).catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
