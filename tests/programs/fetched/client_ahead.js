// node, Bun: bodies that are sent ahead, as Claude Code can do it while somebody types: compressed as a stream, the first part flushed at
// once, white space now and then, the rest when it is known. The first one is given up, the second comes to its end.
//   client_ahead.js URL BODY
"use strict";
const fs = require("fs");
const zlib = require("zlib");

const [url, file] = process.argv.slice(2);
const body = fs.readFileSync(file, "utf8");
const half = body.indexOf('"messages":[') + '"messages":['.length; // white space may stand there
const headers = { "content-type": "application/json", "content-encoding": "gzip", "x-api-key": "test" };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function ahead(givenUp) {
  const gzip = zlib.createGzip();
  const control = new AbortController();
  const stream = new ReadableStream({
    start(controller) {
      gzip.on("data", (piece) => { if (!control.signal.aborted) controller.enqueue(new Uint8Array(piece)); });
      gzip.on("end", () => controller.close());
    },
  });
  const flushed = (text) => new Promise((done) => { gzip.write(text); gzip.flush(zlib.constants.Z_SYNC_FLUSH, done); });
  const answer = fetch(url, { method: "POST", body: stream, duplex: "half", headers, signal: control.signal })
    .then(async (r) => `${r.status} ${(await r.text()).length > 0 ? "answered" : "empty"}`, (e) => e.name);
  await flushed(body.slice(0, half));
  for (let i = 0; i < 3; i++) {
    await sleep(30);
    await flushed(" ");
  }
  if (givenUp)
    control.abort();
  else
    gzip.end(body.slice(half));
  console.log(await answer);
}

ahead(true).then(() => ahead(false)).then(() => process.exit(0), (e) => { console.log("failed", e.message); process.exit(1); });
