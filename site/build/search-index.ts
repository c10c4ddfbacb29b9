/** What the search of the site looks through: a piece for each heading, in the words below it. */
import MiniSearch from "minisearch";
import { searchOptions } from "../shared/search-options.ts";
import { type Page, plain } from "./pages.ts";
import { slugger } from "./slug.ts";

export interface Piece {
  readonly id: number;
  readonly at: string;
  readonly title: string;
  readonly page: string;
  readonly text: string;
}

/** The pieces of a page. Of the reference only its first words: each of its names has a heading. */
export function piecesOf(page: Page): Omit<Piece, "id">[] {
  const slug = slugger();
  const most = page.section === "api" ? 160 : 1500; // characters of a piece
  const parts = page.text.replace(/^```[\s\S]*?^```/gm, "").split(/^(?=#{1,4} )/m);
  return parts.flatMap((part) => {
    const heading = /^#{1,4} (.+)/.exec(part)?.[1];
    if (heading === undefined) return [];
    const title = plain(heading);
    const id = slug(title);
    if (page.path === "api/index.html" && !part.startsWith("# ")) return []; // a list of the other pages
    const text = plain(part.replace(/^.*\n/, "").replace(/[|*_-]{2,}|\|/g, " "))
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, most);
    const at = part.startsWith("# ") ? page.path : `${page.path}#${id}`;
    return [{ at, title, page: page.title, text }];
  });
}

export function searchIndex(pages: readonly Page[]): string {
  const search = new MiniSearch<Piece>(searchOptions);
  search.addAll(pages.flatMap(piecesOf).map((piece, id) => ({ id, ...piece })));
  return JSON.stringify(search);
}
