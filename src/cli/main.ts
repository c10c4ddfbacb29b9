#!/usr/bin/env node
import { cellstate, run } from "./program.ts";

await run(cellstate(), process.argv);
