import { existsSync } from "node:fs";
import { expect, test } from "vitest";

const data = process.env.CELLSTATE_SHARED_DATA ?? "../shared/data";

/** Runs an example as the command line would, with `--quick`, and gives the lines it printed; null without its data. */
async function quick(name: string, needed: string, more: readonly string[] = []): Promise<string[] | null> {
  if (!existsSync(`${data}/${needed}`)) {
    console.warn(`skipped: no ${data}/${needed}; CELLSTATE_SHARED_DATA names the folder`);
    return null;
  }
  const said: string[] = [];
  const kept = [process.argv, console.log] as const;
  process.argv = ["node", name, "--quick", ...more];
  console.log = (line: string) => void said.push(line);
  try {
    await import(`../../examples/${name}.ts`);
  } finally {
    [process.argv, console.log] = kept;
  }
  return said;
}

test("airline: the forecast stands beside the three baselines", async () => {
  const file = "timeseries/airline-passengers.csv";
  const said = await quick("airline", file, ["--path", `${data}/${file}`]);
  if (!said) return;
  expect(said[0]).toMatch(/^season 12, differences \[12,1\]/);
  expect(said[1]).toMatch(
    /46 forecasts of 1 steps .*\n *forecast .*\n *naive +49\.01 .*\n *seasonal naive \(12\) +42\.36/,
  );
  expect(said[2]).toMatch(/^next month: \d+, from \d+ to \d+$/);
});

test("japanese-vowels: sequences of 7 to 29 steps find their speaker", async () => {
  const folder = "japanese-vowels";
  const said = await quick("japanese-vowels", `${folder}/JapaneseVowels_TRAIN.ts.txt`, ["--path", `${data}/${folder}`]);
  if (!said) return;
  expect(said[0]).toBe("270 training rows, 370 test rows");
  const accuracy = Number(
    said
      .find((line) => line.startsWith("test loss"))!
      .split(" ")
      .at(-1),
  );
  expect(accuracy).toBeGreaterThan(0.5); // always answering the commonest speaker gives 0.238
});

test("imdb-sentiment: five reviews with label, both probabilities and their words", async () => {
  const said = await quick("imdb-sentiment", "imdb/imdb.npz", ["--path", `${data}/imdb`]);
  if (!said) return;
  const reviews = said.filter((line) =>
    /^Review \d: (Positive|Negative) {3}negative 0\.\d+, positive 0\.\d+$/.test(line),
  );
  expect(reviews).toHaveLength(5);
  for (const line of reviews) {
    const [negative, positive] = line.match(/0\.\d+/g)!.map(Number);
    expect(negative + positive).toBeCloseTo(1, 3);
    expect(line.includes("Positive")).toBe(positive > negative);
  }
  expect(said.at(-1)).toMatch(/^ {2}(\S+ ){20}/); // words
});
