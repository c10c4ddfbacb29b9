/**
 * `npm run judges`: a Python environment in build/judges with the libraries that judge our numbers (test/judges/requirements.txt):
 * about 40 s and 2 GB, once. Where there is no Python 3 with venv, it says so and changes nothing; the exit code is 0 then too.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../build/judges", import.meta.url));
const wanted = fileURLToPath(new URL("../test/judges/requirements.txt", import.meta.url));
const had = `${folder}/requirements.txt`; // written when all of it is installed
const text = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const run = (command, args) => spawnSync(command, args, { stdio: "inherit" }).status === 0;

const python = ["python3", "python"].find((name) => {
  const check = "import sys, venv, ensurepip; assert sys.version_info >= (3, 11)";
  return spawnSync(name, ["-c", check], { stdio: "ignore" }).status === 0;
});

if (text(had) === text(wanted)) {
  console.log(`${folder} is there already`);
} else if (!python) {
  console.log("skipped: no Python 3.11 or newer with venv and pip here; nothing is judged by Keras");
} else {
  console.log(`making ${folder} with ${python} from test/judges/requirements.txt (about 40 s, 2 GB)`);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted];
  if (run(python, ["-m", "venv", folder]) && run(`${folder}/bin/python`, pip)) copyFileSync(wanted, had);
  else {
    console.log("pip could not install test/judges/requirements.txt");
    process.exitCode = 1;
  }
}
