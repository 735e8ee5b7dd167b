// node, Bun: an agent on a published package: asks, carries out the tool calls of the answer, asks again with their results, until
// the model calls no more. Prints what the model says, which calls it makes, and of each result size and SHA-256.
//   client_sdk.js BASE_URL PACKAGES PACKAGE API MODE..
// PACKAGES: directory with node_modules. API: chat, responses or messages. MODE: whole or stream, a conversation each; +gzip: bodies are compressed; +retry: the
// server refuses the third request, and the package sends it again.
"use strict";
const { execFileSync } = require("child_process");
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");

const [base, packages, name, api, ...modes] = process.argv.slice(2);
const loaded = require(path.join(packages, "node_modules", name));
const Client = loaded.default || loaded;
const MODEL = { chat: "gpt-4o-mini", responses: "gpt-4o-mini", messages: "claude-sonnet-4-5" }[api];
const QUESTION = "What is wrong with the services?";
const TURNS = 10; // more than any script has

const tools = {
  bash: { what: "Run a shell command.", argument: "command", run: (v) => execFileSync("sh", ["-c", v], { encoding: "utf8", maxBuffer: 1 << 24 }) },
  read_file: { what: "Read a file.", argument: "path", run: (v) => fs.readFileSync(v, "utf8") },
};

function schema(tool) {
  return { type: "object", properties: { [tool.argument]: { type: "string" } }, required: [tool.argument] };
}

function carryOut(tool, values) {
  const result = tools[tool].run(values[tools[tool].argument]);
  console.log("call", tool, JSON.stringify(values), result.length, crypto.createHash("sha256").update(result).digest("hex"));
  return result;
}

// Each of these asks once: what the model said, its calls, and what the conversation goes on with, given their results.
const ask = {
  async chat(client, messages, stream, options) {
    const offered = Object.entries(tools).map(([n, t]) => ({ type: "function", function: { name: n, description: t.what, parameters: schema(t) } }));
    const body = { model: MODEL, messages, tools: offered };
    let message;
    if (stream) {
      message = { role: "assistant", content: "" };
      for await (const chunk of await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }, options)) {
        const delta = chunk.choices.length > 0 ? chunk.choices[0].delta : {};
        message.content += delta.content || "";
        for (const { index, ...part } of delta.tool_calls || []) {
          message.tool_calls = message.tool_calls || [];
          if (message.tool_calls[index])
            message.tool_calls[index].function.arguments += part.function.arguments;
          else
            message.tool_calls[index] = part;
        }
      }
    } else {
      message = (await client.chat.completions.create(body, options)).choices[0].message;
    }
    const calls = (message.tool_calls || []).map((c) => ({ id: c.id, name: c.function.name, values: JSON.parse(c.function.arguments) }));
    return { text: message.content, calls, next: (results) => [message, ...results.map((r, i) => ({ role: "tool", tool_call_id: calls[i].id, content: r }))] };
  },

  async responses(client, input, stream, options) {
    const offered = Object.entries(tools).map(([n, t]) => ({ type: "function", name: n, description: t.what, parameters: schema(t), strict: false }));
    const body = { model: MODEL, input, tools: offered, store: false };
    let output, text = "";
    if (stream) {
      for await (const event of await client.responses.create({ ...body, stream: true }, options)) {
        if (event.type === "response.output_text.delta")
          text += event.delta;
        if (event.type === "response.completed")
          output = event.response.output;
      }
    } else {
      const response = await client.responses.create(body, options);
      ({ output, output_text: text } = response);
    }
    const calls = output.filter((x) => x.type === "function_call").map((c) => ({ id: c.call_id, name: c.name, values: JSON.parse(c.arguments) }));
    return { text, calls, next: (results) => [...output, ...results.map((r, i) => ({ type: "function_call_output", call_id: calls[i].id, output: r }))] };
  },

  async messages(client, messages, stream, options) {
    const offered = Object.entries(tools).map(([n, t]) => ({ name: n, description: t.what, input_schema: schema(t) }));
    const body = { model: MODEL, max_tokens: 1024, messages, tools: offered };
    const { content } = stream ? await client.messages.stream(body, options).finalMessage() : await client.messages.create(body, options);
    const calls = content.filter((b) => b.type === "tool_use").map((b) => ({ id: b.id, name: b.name, values: b.input }));
    const results = (texts) => texts.map((t, i) => ({ type: "tool_result", tool_use_id: calls[i].id, content: t }));
    return {
      text: content.filter((b) => b.type === "text").map((b) => b.text).join(""), calls,
      next: (texts) => [{ role: "assistant", content }, { role: "user", content: results(texts) }],
    };
  },
};

// What a program does that wants its bodies compressed: both packages take a fetch of the program's own.
function compressing(url, init) {
  if (typeof init.body !== "string")
    return fetch(url, init);
  const headers = new Headers(init.headers);
  headers.set("content-encoding", "gzip");
  headers.delete("content-length");
  return fetch(url, { ...init, headers, body: zlib.gzipSync(init.body) });
}

async function converse(mode) {
  const [way, how] = mode.split("+");
  const client = new Client({
    apiKey: "test", baseURL: api === "messages" ? base : base + "/v1", maxRetries: how === "retry" ? 1 : 0,
    ...(how === "gzip" ? { fetch: compressing } : {}),
  });
  let conversation = [{ role: "user", content: QUESTION }];
  for (let turn = 0; turn < TURNS; turn++) {
    const options = how === "retry" && turn === 2 ? { headers: { "x-test-status-once": "429" } } : {};
    const { text, calls, next } = await ask[api](client, conversation, way === "stream", options);
    console.log("model", text);
    if (calls.length === 0)
      return;
    conversation = [...conversation, ...next(calls.map((c) => carryOut(c.name, c.values)))];
  }
  throw new Error("the model does not come to an end");
}

(async () => {
  for (const mode of modes)
    await converse(mode);
})().then(() => process.exit(0), (e) => { console.error(e); process.exit(1); });
