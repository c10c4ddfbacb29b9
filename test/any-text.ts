import fc from "fast-check";

const codePoint = fc.integer({ min: 0, max: 0x10ffff }).filter((c) => c < 0xd800 || c > 0xdfff);

/** Any text at all, and now and then a name that JavaScript's objects have. fast-check's own takes a second to set up. */
export const anyText = fc.oneof(
  fc.array(codePoint).map((points) => String.fromCodePoint(...points)),
  fc.string(), // `__proto__`, `toString`, … come from here
);
