#!/usr/bin/env node
import { cellstate, processScreen, run } from "./program.ts";

const screen = processScreen();
process.exitCode = (await run(cellstate(screen), process.argv, screen)) || process.exitCode;
