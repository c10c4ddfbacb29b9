/** The API reference: docs/api from the docstrings of the public exports. */
export { referencePages } from "./markdown.ts";
export { readExports } from "./read-exports.ts";
