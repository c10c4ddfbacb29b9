import { Command } from "commander";
import { examples, numberFrom0, type Screen } from "../screen/screen.ts";
import type { WorkerCommandOptions } from "./worker-run.ts";

/** `cellstate worker`: does what `tune --queue` and `backtest --queue` ask for. */
export function workerCommand(screen: Screen): Command {
  const command = new Command("worker")
    .description(
      "Do the trials of cellstate tune --queue and the folds of cellstate backtest --queue: one at a time, as many workers as you start.",
    )
    .requiredOption("--queue <url>", "address of the Redis: redis://[user:password@]host[:port][/database]")
    .option(
      "--files <folder>",
      "look for the files of jobs in this folder, by their names (default: under their paths)",
    )
    .option(
      "--lost-after <seconds>",
      "seconds without a sign of life after which another worker takes the job (default: 30)",
      numberFrom0,
    )
    .option("--idle <seconds>", "end after so many seconds without a job (default: never)", numberFrom0)
    .option("--watch", "do no job: show the trials of all searches, the folds of all backtests, and who works")
    .option("--json", "with --watch: JSON output, one line for each search")
    .option("-q, --quiet", "print no line for each job")
    .action(async (o: WorkerCommandOptions) => {
      const { work } = await import("./worker-run.ts");
      await work(o, screen);
    });
  return examples(
    command,
    "cellstate worker --queue redis://127.0.0.1:6379",
    "cellstate worker --queue redis://db.local:6379 --files /mnt/data --idle 600",
    "cellstate worker --queue redis://127.0.0.1:6379 --watch",
  );
}
