"""Prompt cache of a provider: what of a prompt was there in an earlier one.

A prompt is rendered as blocks: each tool definition, then each system block, then each content block of each message, in
order. A block is one canonical JSON string (sorted keys, no white space) without its cache_control; a string content is the
same as a list with one text block. No other top-level key takes part. Cached tokens are those of the longest common prefix,
counted in whole blocks, with any earlier prompt of the same key. There is no minimum and no expiry: a test wants to see every
broken prefix, not only the expensive ones.

Tokens of a block: tiktoken's o200k_base where it can be imported and TIKTOKEN_CACHE_DIR is set (it must not reach for the
network); otherwise len(text) // 4 + 1 in code points, which is enough for comparisons inside one run.
"""
import functools
import hashlib
import json
import os
import threading


@functools.lru_cache(maxsize=None)
def _encoding():
    if not os.environ.get("TIKTOKEN_CACHE_DIR"):
        return None
    try:
        import tiktoken
        return tiktoken.get_encoding("o200k_base")
    except Exception:
        return None


@functools.lru_cache(maxsize=4096)
def count_tokens(text):
    enc = _encoding()
    if enc is None:
        return len(text) // 4 + 1
    return len(enc.encode(text, disallowed_special=()))


def _plain(value):
    """Without cache_control, wherever it stands."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k != "cache_control"}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def block(where, value):
    """One canonical block."""
    return json.dumps([where, _plain(value)], sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _content_blocks(content):
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if isinstance(content, list) else [content]


def _result_as_list(block):
    """A tool_result's string content equals the list with one text block, too."""
    if isinstance(block, dict) and block.get("type") == "tool_result" and isinstance(block.get("content"), str):
        return {**block, "content": _content_blocks(block["content"])}
    return block


def render(body):
    """Blocks of an Anthropic Messages or OpenAI Chat body that passed the provider's checks."""
    blocks = [block("tool", t) for t in body.get("tools") or body.get("functions") or []]
    blocks += [block("system", b) for b in _content_blocks(body.get("system"))]
    for m in body.get("messages") or []:
        role = m.get("role")
        rest = {k: v for k, v in m.items() if k not in ("role", "content")}
        parts = [block(role, _result_as_list(b)) for b in _content_blocks(m.get("content"))]
        blocks += parts
        if rest:  # tool_calls, tool_call_id, name: one block more, behind the content
            blocks.append(block(role, rest))
        elif not parts:
            blocks.append(block(role, None))
    return blocks


class PromptCache:
    """Earlier prompts as a set of digests of their prefixes: the longest common prefix costs one look-up a block."""

    def __init__(self):
        self._lock = threading.Lock()
        self._prefixes = set()

    def account(self, key, blocks, keep=True):
        """(tokens of the whole prompt, cached tokens); the prompt is kept for later ones unless keep is False."""
        total = cached = 0
        common = True
        chain = hashlib.sha256(key.encode("utf-8", "replace"))
        fresh = []
        with self._lock:
            for text in blocks:
                data = text.encode("utf-8", "surrogatepass")
                chain.update(len(data).to_bytes(8, "big") + data)
                digest = chain.digest()
                n = count_tokens(text)
                total += n
                common = common and digest in self._prefixes
                if common:
                    cached += n
                fresh.append(digest)
            if keep:
                self._prefixes.update(fresh)
        return total, cached
