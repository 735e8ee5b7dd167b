// node, Bun: sends bodies by fetch or https.request over kept-alive connections and prints what was answered.
//   client_fetch.js BASE_URL PATH BODIES [https] [stream] [parallel=N] [abort | abort-early] [fresh] [header=NAME:VALUE]
// BODIES: a file with one JSON body, or with a list of bodies, sent in turn. parallel: the last body N times at once, then N / 4 times on
// the connections that are left, each with its own name and words that it asks the server for; what is printed of each is its name, the status
// and the SHA-256 of the answer. abort: every second of the first ones is given up after its first bytes; abort-early: some milliseconds
// after it was begun. fresh: a connection a request.
"use strict";
const crypto = require("crypto");
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
const exact = (status, text) => `${status} ${crypto.createHash("sha256").update(text).digest("hex")}`;

function byHttps(body, more = {}, signal = undefined, say = brief) {
  return new Promise((resolve, reject) => {
    const request = https.request(base + path, { method: "POST", agent, signal, headers: { ...headers, ...more, "content-length": Buffer.byteLength(body) } },
      (response) => {
        const pieces = [];
        response.on("data", (p) => { pieces.push(p); if (signal && signal.give_up) signal.give_up(); });
        response.on("end", () => resolve(say(response.statusCode, Buffer.concat(pieces).toString())));
        response.on("error", reject);
      });
    request.on("error", reject);
    request.end(body);
  });
}

async function byFetch(body, more = {}, signal = undefined, say = brief) {
  const response = await fetch(base + path, { method: "POST", headers: { ...headers, ...more }, body, signal });
  if (signal && signal.give_up) {
    await response.body.getReader().read();
    signal.give_up();
    throw new Error("aborted");
  }
  return say(response.status, await response.text());
}

async function parallel(send, round, n, abort, early) {
  const all = [];
  for (let i = 0; i < n; i++) {
    const name = `${round}-${i}`;
    let signal;
    if (i % 2 && (abort || early)) {
      const controller = new AbortController();
      signal = controller.signal;
      if (abort)
        signal.give_up = () => controller.abort();
      else
        setTimeout(() => controller.abort(), 2 + i);
    }
    const more = { "x-test-capture": name, "x-test-say": `These are the words of ${name}.`.repeat(30) };
    all.push(send(bodies[bodies.length - 1], more, signal, exact).then((x) => `${name} ${x}`, () => `${name} aborted`));
  }
  for (const answer of await Promise.all(all))
    console.log(answer);
}

async function main() {
  const send = words.includes("https") ? byHttps : byFetch;
  const n = Number(option("parallel") || 0);
  if (n === 0)
    for (const body of bodies)
      console.log(await send(body));
  await parallel(send, "first", n, words.includes("abort"), words.includes("abort-early"));
  await parallel(send, "then", n / 4, false, false);
  agent.destroy();
}

main().then(() => process.exit(0), (e) => { console.log("failed", e.message); process.exit(1); });
