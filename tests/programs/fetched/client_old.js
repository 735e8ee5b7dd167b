// node before 10.9 and Bun before 0.6, which client_fetch.js is too new for: sends bodies one after another, by https.request with one
// options object or by fetch, and prints what was answered.
//   client_old.js BASE_URL PATH BODIES [https]
var parsed = JSON.parse(require("fs").readFileSync(process.argv[4], "utf8"));
var way = process.argv[5];
var headers = { "content-type": "application/json", "x-api-key": "test" };

function say(status, text) {
  console.log(status + " " + (text.length > 0 ? "answered" : "empty"));
}

function byHttps(body, next) {
  var url = require("url").parse(process.argv[2]);
  var all = { "content-type": headers["content-type"], "x-api-key": headers["x-api-key"], "content-length": Buffer.byteLength(body) };
  var request = require("https").request({ hostname: url.hostname, port: url.port, path: process.argv[3], method: "POST", headers: all },
    function (response) {
      var text = "";
      response.on("data", function (piece) { text += piece; });
      response.on("end", function () { say(response.statusCode, text); next(); });
    });
  request.end(body);
}

function byFetch(body, next) {
  fetch(process.argv[2] + process.argv[3], { method: "POST", headers: headers, body: body }).then(function (response) {
    return response.text().then(function (text) { say(response.status, text); next(); });
  });
}

function sendFrom(i) {
  if (i === parsed.length)
    process.exit(0);
  (way === "https" ? byHttps : byFetch)(JSON.stringify(parsed[i]), function () { sendFrom(i + 1); });
}

sendFrom(0);
