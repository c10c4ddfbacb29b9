import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes README.md of a folder of results: each page with its goal, its main figure, and the goals missed. */
export function writeIndex(folder) {
  const pages = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  const rows = pages.sort().map((name) => {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    const title = lines[0].replace(/^# /, "");
    const target =
      lines
        .find((line) => line.startsWith("Goal: "))
        ?.slice("Goal: ".length)
        .replace(/\.$/, "") ?? "";
    return `| [${title}](${name}) | ${target} | ${firstFigure(lines)} | ${missed(lines)} |`;
  });
  const text = `# Results

Each page has its figures by seed, curves and the command that runs it again; \`npm run reproduce -- NAME\` rewrites page and list.

| result | goal | main figure | missed |
|---|---|---|---|
${rows.join("\n")}
`;
  if (!existsSync(join(folder, "README.md")) || readFileSync(join(folder, "README.md"), "utf8") !== text)
    writeFileSync(join(folder, "README.md"), text);
}

/** The goals that the page's verdict names as missed; "nothing" if all were reached. */
function missed(lines) {
  const verdict = lines.find((line) => /^(Reached|Missed): /.test(line)) ?? "";
  const [, what] = verdict.match(/Missed: (.*)\.$/) ?? [];
  return what ?? (verdict === "" ? "" : "nothing");
}

/** "test accuracy 0.98 ± 0.01, 3 seeds", of counts of the data the first that training decided. */
function firstFigure(lines) {
  const head = lines.findIndex((line) => line.startsWith("|  |"));
  if (head < 0) return "";
  const cells = (line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const columns = cells(lines[head]);
  const rows = lines
    .slice(head + 2)
    .filter((line) => line.startsWith("|"))
    .map(cells);
  const [name, ...values] = rows.find(([name]) => !["rows", "words a row", "vocabulary"].includes(name)) ?? [""];
  const seeds = columns.filter((column) => column.startsWith("seed")).length;
  const [mean, spread] = [columns.indexOf("mean") - 1, columns.indexOf("spread") - 1];
  if (mean < 0) return `${name} ${values[0]}, ${columns[1]}`;
  return `${name} ${values[mean]} ± ${values[spread]}, ${seeds} seeds`;
}
