/** The two that zip.ts uses, by name: bundlers leave the rest of the package out of what is loaded when it is used. */
export { Inflate, zipSync } from "fflate";
