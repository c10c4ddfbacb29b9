/**
 * deploy/: its Kubernetes objects by the schemas that the package kubernetes-models ships (installed in the folder that CELLSTATE_RUNTIMES names),
 * and what they say of this program by the program itself: options, routes, files, metrics.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Metrics } from "../../src/serve/metrics.ts";
import { service } from "../../src/serve/routes/service.ts";
import { speaker } from "../e2e/say.ts";

const { say } = speaker("deploy");
const root = join(import.meta.dirname, "../..");
const from = createRequire(join(process.env.CELLSTATE_RUNTIMES ?? root, "node_modules/package.json"));
const package_ = (name: string) => {
  try {
    return from(name);
  } catch {
    return null;
  }
};
const yaml = package_("yaml");
const models = package_("kubernetes-models/v1") && yaml;
const missing = models ? "" : " (skipped: yaml and kubernetes-models are not in CELLSTATE_RUNTIMES)";

type Fields = Record<string, unknown>;
interface Container extends Fields {
  readonly command?: string[];
  readonly args?: string[];
}
interface Pod {
  readonly spec: { readonly containers: Container[]; readonly securityContext: Fields };
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Fields & { readonly template: Pod; readonly mpiReplicaSpecs: Record<string, { template: Pod }> };
}

const text = (name: string) => readFileSync(join(root, "deploy", name), "utf8");
const read = (name: string): Manifest[] =>
  yaml.parseAllDocuments(text(name)).map((one: { toJS(): Manifest }) => one.toJS());
const all = () => ["kubernetes.yaml", "indexed-job.yaml", "mpijob.yaml"].flatMap(read);
const podsOf = ({ kind, spec }: Manifest): Pod[] =>
  kind === "MPIJob"
    ? Object.values(spec.mpiReplicaSpecs).map((each) => each.template)
    : spec.template
      ? [spec.template]
      : [];

/** Throws where an object is not as its schema says; those have no word on unknown fields but forbid them. */
function check({ apiVersion, kind, ...rest }: { apiVersion: string; kind: string }): void {
  const Model = from(`kubernetes-models/${apiVersion}/${kind}`)[kind];
  new Model({ apiVersion, kind, ...rest }).validate();
}

test.skipIf(!models)(
  `Deployment, Service, Indexed Job and the pods of the MPIJob follow Kubernetes's schemas${missing}`,
  () => {
    for (const one of all()) {
      if (one.kind !== "MPIJob") check(one);
      for (const pod of podsOf(one)) check({ apiVersion: "v1", kind: "Pod", ...pod });
    }
    const [deployment] = read("kubernetes.yaml");
    const wrong = structuredClone(deployment) as unknown as { spec: { replicas: unknown } };
    wrong.spec.replicas = "two";
    expect(() => check(wrong as never)).toThrow(/replicas/);
  },
);

test.skipIf(!models)(
  `every pod runs as a user without rights, and what its command line names is there${missing}`,
  async () => {
    const served = (await say("serve", "--help")).out;
    const help = { predict: (await say("predict", "--help")).out, train: (await say("train", "text", "--help")).out };
    for (const pod of all().flatMap(podsOf)) {
      expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      for (const { command = [], args = [] } of pod.spec.containers) {
        const name = (["predict", "train"] as const).find((each) => command.includes(each));
        if (command.some((word) => word.endsWith("sshd"))) continue;
        for (const word of args.filter((each) => each.startsWith("--")))
          expect(name ? help[name] : served).toContain(word);
      }
    }
  },
);

test.skipIf(!models)(
  `the runtime of KServe is a container that Kubernetes takes, and asks for what is there${missing}`,
  async () => {
    const [runtime] = read("kserve.yaml");
    const { containers, protocolVersions } = runtime.spec as unknown as {
      containers: Container[];
      protocolVersions: string[];
    };
    check({ apiVersion: "v1", kind: "Pod", spec: { containers } } as never);
    const wrong = structuredClone(containers);
    wrong[0].ports = [{ containerPort: "http" }];
    expect(() => check({ apiVersion: "v1", kind: "Pod", spec: { containers: wrong } } as never)).toThrow(
      /containerPort/,
    );
    expect(protocolVersions).toEqual(["v1", "v2"]);
    const [{ args, securityContext, ...container }] = containers;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, readOnlyRootFilesystem: true });
    const served = (await say("serve", "--help")).out;
    for (const word of args!.filter((each) => each.startsWith("--"))) expect(served).toContain(word);
    const paths = service.map(({ path }) => path);
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
      expect(paths).toContain((container[probe] as { httpGet: { path: string } }).httpGet.path);
  },
);

test("the Dockerfile copies what is there, and ends as a user without rights", () => {
  const file = text("Dockerfile");
  for (const [, path] of file.matchAll(/^COPY --from=build \/app\/(\S+)/gm))
    expect(existsSync(join(root, path === "package.json" ? path : path.split("/")[0])), path).toBe(true);
  expect(file.match(/^USER (\S+)/gm)?.at(-1)).toBe("USER 1000");
  expect(file).toMatch(/ENTRYPOINT \["node", "dist\/cli\/main.js", "serve"/);
});

test("the dashboard asks for metrics that the server has, each with a panel of its own place", () => {
  const { panels } = JSON.parse(text("grafana-dashboard.json")) as {
    panels: { id: number; gridPos: { x: number; y: number; w: number }; targets: { expr: string }[] }[];
  };
  const said = new Metrics().toString();
  const kinds = new Map([...said.matchAll(/# TYPE (\S+) (\S+)/g)].map(([, name, kind]) => [name, kind]));
  const asked = new Set<string>();
  for (const { expr } of panels.flatMap((panel) => panel.targets))
    for (const [, name, part] of expr.matchAll(/(cellstate_[a-z_]+?)(_bucket|_sum|_count)?\{/g)) {
      asked.add(name);
      expect(kinds.get(name) === "histogram", expr).toBe(part !== undefined);
      if (kinds.get(name) === "counter") expect(expr).toMatch(/rate\(|increase\(/);
    }
  expect([...asked].sort()).toEqual([...kinds.keys()].sort());
  expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x},${y}`)).size).toBe(panels.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});
