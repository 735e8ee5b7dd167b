"""A tool server for Claude Code (MCP over stdio): mcp_files.py DIRECTORY offers one tool, query, that answers with a file's text."""
import json
import pathlib
import sys

QUERY = {"name": "query", "description": "Rows of one table.",
         "_meta": {"anthropic/alwaysLoad": True, "anthropic/maxResultSizeChars": 500000},
         "inputSchema": {"type": "object", "properties": {"table": {"type": "string"}}, "required": ["table"]}}


def answer(method, params):
    if method == "initialize":
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "files", "version": "1"}}
    if method == "tools/list":
        return {"tools": [QUERY]}
    if method == "tools/call":
        text = (pathlib.Path(sys.argv[1]) / f"{params['arguments']['table']}.json").read_text(encoding="utf-8")
        return {"content": [{"type": "text", "text": text}]}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        reply = {"jsonrpc": "2.0", "id": message["id"], "result": answer(message["method"], message.get("params"))}
        print(json.dumps(reply), flush=True)
