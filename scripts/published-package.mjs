/** The package as users get it: no addon of this machine's own, nothing to run at installing, none of a clone's tools. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./kernel-sources.mjs";
import { packagedPage, webAddress } from "./package-links.mjs";

/** Makes it of what is built, in `folder`: `{ file, place }`, the packed file's path and the folder of what is in it. `url`: of the sources. */
export function publishedPackage(folder, url) {
  mkdirSync(folder, { recursive: true });
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const missing = files.filter((one) => !/[!*]|cellstate\.node$/.test(one) && !existsSync(join(root, one)));
  if (missing.length > 0) throw new Error(`the package wants ${missing.join(", ")}: npm run build, studio, prebuilt`);
  const place = join(folder, "package");
  rmSync(place, { recursive: true, force: true });
  const packed = pack(root, folder);
  execFileSync("tar", ["-xzf", packed, "-C", folder]);
  rmSync(packed);
  rmSync(join(place, "build/cellstate.node"), { force: true }); // this machine's own; the others are for every machine
  writeFileSync(join(place, "package.json"), `${JSON.stringify(manifest(url), null, 2)}\n`);
  const has = (path) => existsSync(join(place, path));
  for (const page of readdirSync(place, { recursive: true }).filter((path) => path.endsWith(".md"))) {
    const path = join(place, page);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, packagedPage(page.replaceAll("\\", "/"), text, has, url && webAddress(url)));
  }
  return { file: pack(place, folder), place };
}

function pack(from, to) {
  const command = ["pack", "--ignore-scripts", "--silent", "--pack-destination", to];
  return join(to, execFileSync("npm", command, { cwd: from, encoding: "utf8" }).trim().split("\n").pop());
}

function manifest(url) {
  const { scripts, devDependencies, ...rest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const where = url ? { repository: { type: "git", url }, homepage: webAddress(url) } : {};
  return { ...rest, ...where, scripts: { native: scripts.native } };
}
