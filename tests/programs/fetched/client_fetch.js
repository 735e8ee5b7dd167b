// node, Bun: sends bodies by fetch or https.request over kept-alive connections and prints what was answered.
//   client_fetch.js BASE_URL PATH BODIES [https] [stream] [parallel=N] [abort | abort-early] [fresh] [header=NAME:VALUE]
// BODIES: a file with one JSON body, or with a list of bodies, sent in turn. parallel: the last body N times at once; abort: every second
// of these is given up after its first bytes; abort-early: some milliseconds after it was begun. fresh: a connection a request.
"use strict";
const fs = require("fs");
const https = require("https");

const [base, path, file, ...words] = process.argv.slice(2);
const option = (name) => (words.find((w) => w.startsWith(name + "=")) || "").slice(name.length + 1);
const parsed = JSON.parse(fs.readFileSync(file, "utf8"));
const bodies = (Array.isArray(parsed) ? parsed : [parsed]).map((b) => JSON.stringify(words.includes("stream") ? { ...b, stream: true } : b));
const headers = { "content-type": "application/json", "x-api-key": "test" };
if (words.includes("fresh"))
  headers.connection = "close";
for (const w of words.filter((x) => x.startsWith("header="))) {
  const [name, value] = w.slice(7).split(":");
  headers[name] = value;
}
const agent = new https.Agent({ keepAlive: true, maxSockets: 16 });
// What the answer says of its request; ids, times and counts differ with the number of requests before.
const brief = (status, text) => `${status} ${text.length > 0 ? "answered" : "empty"}`;

function byHttps(body, signal) {
  return new Promise((resolve, reject) => {
    const request = https.request(base + path, { method: "POST", agent, signal, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (response) => {
        const pieces = [];
        response.on("data", (p) => { pieces.push(p); if (signal && signal.give_up) signal.give_up(); });
        response.on("end", () => resolve(brief(response.statusCode, Buffer.concat(pieces).toString())));
        response.on("error", reject);
      });
    request.on("error", reject);
    request.end(body);
  });
}

async function byFetch(body, signal) {
  const response = await fetch(base + path, { method: "POST", headers, body, signal });
  if (signal && signal.give_up) {
    await response.body.getReader().read();
    signal.give_up();
    throw new Error("aborted");
  }
  return brief(response.status, await response.text());
}

async function main() {
  const send = words.includes("https") ? byHttps : byFetch;
  const n = Number(option("parallel") || 0);
  if (n === 0)
    for (const body of bodies)
      console.log(await send(body));
  const all = [];
  for (let i = 0; i < n; i++) {
    let signal;
    if (i % 2 && (words.includes("abort") || words.includes("abort-early"))) {
      const controller = new AbortController();
      signal = controller.signal;
      if (words.includes("abort"))
        signal.give_up = () => controller.abort();
      else
        setTimeout(() => controller.abort(), 2 + i);
    }
    all.push(send(bodies[bodies.length - 1], signal).then((x) => x, () => "aborted"));
  }
  for (const answer of await Promise.all(all))
    console.log(answer);
  agent.destroy();
}

main().then(() => process.exit(0), (e) => { console.log("failed", e.message); process.exit(1); });
