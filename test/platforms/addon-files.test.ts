/**
 * What `npm run platforms` says of addons that it cannot run, or before it does. The files in addons/ are the least that looks like an
 * addon, least.c, by zig 0.17.1 with -O1 -shared -s, gzipped; each is damaged here where a real one might be wrong.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { elfProblems } from "../../scripts/elf.mjs";
import { machOProblems } from "../../scripts/mach-o.mjs";
import { peProblems } from "../../scripts/pe.mjs";

const read = (name: string) => gunzipSync(readFileSync(join(import.meta.dirname, "addons", `${name}.node.gz`)));
const glibc = read("linux-x64-glibc");
const musl = read("linux-arm64-musl");
const windows = read("win32-arm64");
const mac = read("darwin-arm64");

/** The same with other bytes at a place, or with one text instead of another of its length. */
function changed(bytes: Buffer, at: number | string, to: number[] | string): Buffer {
  const copy = Buffer.from(bytes);
  const place = typeof at === "number" ? at : copy.indexOf(at);
  expect(place).toBeGreaterThan(0);
  copy.set(typeof to === "string" ? Buffer.from(to, "latin1") : to, place);
  return copy;
}

test("files that are as their systems need them have no problems", () => {
  expect(elfProblems(glibc, "x64", "glibc")).toEqual([]);
  expect(elfProblems(musl, "arm64", "musl")).toEqual([]);
  expect(peProblems(windows, "arm64")).toEqual([]);
  expect(machOProblems(mac, "arm64")).toEqual([]);
});

test("Linux: another processor, another C library, a glibc that is too new, what is missing or too much, a stack that runs", () => {
  const said = (bytes: Buffer, arch = "x64", library = "glibc", newest?: string) =>
    elfProblems(bytes, arch, library, newest).join("; ");
  expect(said(musl)).toMatch(/processor 183, not 62.*needs libc\.so/);
  expect(said(glibc, "x64", "musl")).toMatch(/needs libc\.so\.6.*asks for GLIBC_2/);
  expect(said(glibc, "x64", "glibc", "2.1")).toMatch(/GLIBC_2\.2\.5.*newer than GLIBC_2\.1/);
  expect(said(changed(glibc, "napi_register_module_v1", "napi_register_module_v2"))).toMatch(/offers .*_v2.*, not/);
  expect(said(changed(glibc, "libc.so.6", "libX.so.6"))).toMatch(/needs libX\.so\.6/);
  const headers = Number(glibc.readBigUInt64LE(32));
  const stack = Array.from({ length: glibc.readUInt16LE(56) }, (_, k) => headers + 56 * k).find(
    (at) => glibc.readUInt32LE(at) === 0x6474e551,
  );
  expect(said(changed(glibc, stack! + 4, [7]))).toMatch(/stack would be executable/);
  expect(said(mac)).toMatch(/not a 64-bit .*ELF/);
});

test("Windows: another processor, a fixed place, a library it may not have, a function that is not offered", () => {
  const said = (bytes: Buffer, arch = "arm64") => peProblems(bytes, arch).join("; ");
  const header = windows.readUInt32LE(60);
  expect(said(windows, "x64")).toMatch(/processor aa64/);
  const flags = windows.readUInt16LE(header + 24 + 70);
  expect(said(changed(windows, header + 24 + 70, [flags & ~0x40 & 255]))).toMatch(/does not allow any address/);
  expect(said(changed(windows, header + 24 + 112 + 40, [0, 0, 0, 0]))).toMatch(/cannot be moved/);
  expect(said(changed(windows, "api-ms-win-crt-environment", "vcruntime140_1-environment"))).toMatch(
    /needs vcruntime140/,
  );
  expect(said(changed(windows, "napi_register_module_v1", "napi_register_module_v2"))).toMatch(
    /exports no napi_register_module_v1/,
  );
  expect(said(glibc)).toMatch(/not a PE file/);
});

test("macOS: another processor, a library it may not have, a page that is not what was signed, no signature", () => {
  const said = (bytes: Buffer, arch = "arm64") => machOProblems(bytes, arch).join("; ");
  expect(said(mac, "x64")).toMatch(/processor 100000c/);
  expect(said(changed(mac, "/usr/lib/libSystem.B.dylib", "/usr/lib/libstdc++.6.dylib"))).toMatch(/needs .*libstdc/);
  expect(said(changed(mac, mac.indexOf("_napi_create_array") + 6, "C"))).toMatch(/page \d+ is not what was signed/);
  let at = 32;
  while (mac.readUInt32LE(at) !== 0x1d) at += mac.readUInt32LE(at + 4);
  expect(said(changed(mac, at, [0x99]))).toMatch(/no signature/);
  expect(said(windows)).toMatch(/not a 64-bit Mach-O/);
});
