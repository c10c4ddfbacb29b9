/**
 * A caller in a process of its own, for the load of serve.mjs. It speaks HTTP/1.1 over sockets by itself: node:http's client takes as much
 * processor time as the server that is measured, on the same cores. It does what it is told in messages, and sends what it saw.
 */
import { connect } from "node:net";

/** One connection, one request at a time. */
class Connection {
  #socket;
  #answered = null;
  #text = "";
  closed = false;

  constructor(port) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#read(text));
    this.#socket.on("error", ({ code }) => {
      if (code === "ECONNREFUSED") this.#end("no server");
    });
    this.#socket.on("close", () => {
      this.closed = true;
      this.#end(0);
    });
  }

  /** The status of the answer; 0 where there was none, "no server" where nobody listens. */
  ask(bytes) {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(bytes);
    });
  }

  end() {
    this.#socket.destroy();
  }

  #read(text) {
    this.#text += text;
    const head = this.#text.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#text);
    const whole = length ? this.#text.length >= head + 4 + Number(length[1]) : this.#text.endsWith("0\r\n\r\n");
    if (!whole) return;
    const status = Number(this.#text.slice(9, 12));
    if (/\r\nconnection: close/i.test(this.#text.slice(0, head + 2))) this.closed = true;
    this.#text = "";
    this.#end(status);
  }

  #end(status) {
    this.#answered?.(status);
    this.#answered = null;
  }
}

const most = 1500; // connections at once, as a balancer has a bound; below the server's own, 2,000

/** Connections, as many as there are requests at once, up to a bound: who finds none free waits, first come first served. */
class Connections {
  #free = [];
  #waiting = [];
  #port;
  #open = 0;
  opened = 0;

  constructor(port) {
    this.#port = port;
  }

  /** The status of the answer, or "left" where the caller leaves before it comes. */
  async ask(bytes, leaves = false) {
    if (leaves) {
      const gone = new Connection(this.#port);
      void gone.ask(bytes);
      await later(3);
      gone.end();
      return "left";
    }
    const connection = await this.#take();
    const status = await connection.ask(bytes);
    this.#giveBack(connection);
    return status;
  }

  async #take() {
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      if (!free.closed) return free;
      this.#open--;
    }
    if (this.#open >= most) {
      const given = await new Promise((resolve) => this.#waiting.push(resolve));
      if (!given.closed) return given;
      this.#open--;
    }
    this.#open++;
    this.opened++;
    return new Connection(this.#port);
  }

  #giveBack(connection) {
    if (connection.closed) connection.end();
    const next = this.#waiting.shift();
    if (next) next(connection);
    else this.#free.push(connection);
  }

  end() {
    for (const connection of this.#free) connection.end();
  }
}

const written = ({ path, body }, port) =>
  Buffer.from(
    body === undefined
      ? `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
      : `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** So many callers, each of which asks again when it has its answer: answers by status. */
async function closedLoop(connections, requests, { clients, seconds }) {
  const statuses = {};
  const end = performance.now() + 1000 * seconds;
  const client = async (first) => {
    for (let k = first; performance.now() < end; k += clients) {
      const status = await connections.ask(requests[k % requests.length]);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: clients }, (_, k) => client(k)));
  return { statuses, seconds: (performance.now() - begun) / 1000 };
}

/** Requests when they are due (Poisson), whatever the answers do; times count from when they were due. */
async function openLoop(connections, requests, { perSecond, seconds, seed, leave = 0, impatient = 0, patience = 0 }) {
  const statuses = {};
  const [times, refused, pending] = [[], [], []];
  const hurried = { statuses: {}, times: [] }; // requests that say how long they wait
  const inHurry = requests.map((bytes) => withHeader(bytes, `X-Request-Timeout: ${patience}`));
  let state = seed >>> 0 || 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  const begun = performance.now();
  let late = 0; // ms: of this process itself
  let due = 0; // ms
  for (let k = 0; ; k++) {
    due += (-1000 * Math.log(random())) / perSecond;
    if (due > 1000 * seconds) break;
    const at = begun + due;
    while (at - performance.now() > 0.5) await later(at - performance.now() > 1 ? at - performance.now() : 0);
    late = Math.max(late, performance.now() - at);
    if (random() < impatient) {
      const told = (status) => {
        hurried.statuses[status] = (hurried.statuses[status] ?? 0) + 1;
        hurried.times.push(performance.now() - at);
      };
      pending.push(connections.ask(inHurry[k % requests.length]).then(told));
      continue;
    }
    pending.push(
      connections.ask(requests[k % requests.length], random() < leave).then((status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) times.push(performance.now() - at);
        else if (status !== "left") refused.push(performance.now() - at);
      }),
    );
  }
  await Promise.all(pending);
  return { statuses, seconds: (performance.now() - begun) / 1000, times, refused, late, impatient: hurried };
}

const withHeader = (bytes, header) => {
  const at = bytes.indexOf("\r\n") + 2;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(`${header}\r\n`), bytes.subarray(at)]);
};

/** One request every `every` ms until it is told to stop: how long each took. */
async function watch(connections, [request], { every }, stopped) {
  const times = [];
  const statuses = {};
  while (!stopped()) {
    const begun = performance.now();
    const status = await connections.ask(request);
    statuses[status] = (statuses[status] ?? 0) + 1;
    times.push(performance.now() - begun);
    await later(every);
  }
  return { times, statuses };
}

const manners = { closedLoop, openLoop, watch };
let stop = false;
process.on("message", async ({ manner, port, requests, ...rest }) => {
  if (manner === "stop") {
    stop = true;
    return;
  }
  stop = false;
  const connections = new Connections(port);
  const seen = await manners[manner](
    connections,
    requests.map((request) => written(request, port)),
    rest,
    () => stop,
  );
  connections.end();
  process.send({ ...seen, opened: connections.opened });
});
