import { Command, CommanderError } from "commander";
import { CellstateError } from "../errors.ts";
import { systemProblem } from "../system-problem.ts";
import { version } from "../version.ts";
import { backtestCommand } from "./commands/backtest.ts";
import { bundleCommand } from "./commands/bundle.ts";
import { completionCommand } from "./commands/completion.ts";
import { datasetsCommand } from "./commands/datasets.ts";
import { demoCommand } from "./commands/demo.ts";
import { detectCommand } from "./commands/detect.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { explainCommand } from "./commands/explain.ts";
import { forecastCommand } from "./commands/forecast.ts";
import { generateCommand } from "./commands/generate.ts";
import { modelCommands } from "./commands/model-commands.ts";
import { plotCommand } from "./commands/plot.ts";
import { predictCommand } from "./commands/predict.ts";
import { serveCommand } from "./commands/serve.ts";
import { studioCommand } from "./commands/studio.ts";
import { summaryCommand } from "./commands/summary.ts";
import { trainCommand } from "./commands/train.ts";
import { tuneCommand } from "./commands/tune.ts";
import { workerCommand } from "./commands/worker.ts";
import { debugging } from "./debugging.ts";
import { flagsOf } from "./flags.ts";
import { columnsOf, helpLayout } from "./help.ts";
import { endOfHelp, firstScreen } from "./screen/first-screen.ts";
import { processScreen } from "./screen/process-screen.ts";
import type { Screen } from "./screen/screen.ts";

export { demoCommand, processScreen };

/** Everything below `cellstate`, reading and writing through a screen. */
export function cellstate(screen: Screen = processScreen()): Command {
  const program = new Command("cellstate")
    .description("LSTM networks from your files: train, evaluate, predict, forecast, generate.")
    .version(version)
    .addHelpText("after", ({ command }) => endOfHelp(columnsOf(command)))
    .configureHelp({ ...helpLayout, styleTitle: bold, styleCommandText: bold });
  program.addCommand(demoCommand(new Command("demo")));
  for (const make of commands) program.addCommand(make(screen));
  for (const command of modelCommands(screen.out)) program.addCommand(command);
  for (const command of everyCommand(program)) command.copyInheritedSettings(program);
  return program;
}

const bold = (text: string): string => `\x1b[1m${text}\x1b[22m`; // commander takes it away where there are no colours

const commands = [
  trainCommand,
  tuneCommand,
  workerCommand,
  evaluateCommand,
  predictCommand,
  explainCommand,
  generateCommand,
  forecastCommand,
  backtestCommand,
  detectCommand,
  bundleCommand,
  summaryCommand,
  plotCommand,
  serveCommand,
  studioCommand,
  datasetsCommand,
  doctorCommand,
  completionCommand,
];

/** Runs a command and resolves to its exit code; what a user did wrong is told in one message, without a stack. */
export async function run(
  command: Command,
  argv: readonly string[],
  screen: Screen = processScreen(),
): Promise<number> {
  for (const one of everyCommand(command))
    one.exitOverride().configureOutput({
      writeOut: screen.out,
      writeErr: screen.err,
      outputError: (message, write) => write(message + adviceFor(message)),
      getOutHelpWidth: () => screen.columns ?? 80,
    });
  if (argv.length <= 2 && command.name() === "cellstate") {
    screen.out(firstScreen(screen.columns));
    return 0;
  }
  try {
    await command.parseAsync([...argv]);
    return screen.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said why
    if (!(error instanceof CellstateError)) {
      const refused = systemProblem(error);
      if (!refused || debugging()) throw error;
      screen.err(`${refused}\n`);
      return 1;
    }
    const said = `${error.name}: ${error.messageIn(flagsOf(everyCommand(command)))}`;
    screen.err(`${debugging() ? error.stack : said}\n`);
    return 1;
  }
}

/** A text in quotes that begins with a dash looks like an option. */
const adviceFor = (message: string): string =>
  /unknown option '(-\d|[^']*\s)/.test(message)
    ? '  A text that begins with a dash stands behind --: -- "-5 stars"\n'
    : "";

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap((below) => everyCommand(below as Command))];
}
