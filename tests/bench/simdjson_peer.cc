// simdjson_peer.cc - see simdjson_peer.h.
#include "simdjson_peer.h"

#include <simdjson.h>

using namespace simdjson;

namespace {

ondemand::parser parser;

struct found {
    size_t results, bytes;
};

void add_literal(ondemand::value value, found &sum)
{
    std::string_view token = value.raw_json_token();
    while (token.back() != '"') // the token reaches to the next one
        token.remove_suffix(1);
    sum.results++;
    sum.bytes += token.size();
}

void read_result(ondemand::object block, found &sum)
{
    ondemand::value content = block["content"];
    if (content.type() == ondemand::json_type::string) {
        add_literal(content, sum);
        return;
    }
    for (ondemand::object part : content.get_array())
        if (part["type"] == "text")
            add_literal(part["text"], sum);
}

void read_all(padded_string_view body, found &sum)
{
    ondemand::document doc = parser.iterate(body);
    for (ondemand::object message : doc["messages"]) {
        if (message["role"] != "user")
            continue;
        ondemand::value content = message["content"];
        if (content.type() != ondemand::json_type::array)
            continue;
        for (ondemand::object block : content.get_array())
            if (block["type"] == "tool_result")
                read_result(block, sum);
    }
}

} // namespace

int simdjson_peer_locate(const char *body, size_t len, size_t *results, size_t *bytes)
{
    found sum = {0, 0};
    try {
        read_all(padded_string_view(body, len, len + SIMDJSON_PADDING), sum);
    } catch (const simdjson_error &) {
        return 0;
    }
    *results = sum.results;
    *bytes = sum.bytes;
    return 1;
}

const char *simdjson_peer_decode(const char *text, size_t len, size_t *decoded)
{
    static ondemand::document doc;
    std::string_view view;
    if (parser.iterate(padded_string_view(text, len, len + SIMDJSON_PADDING)).get(doc) || doc.get_string().get(view))
        return nullptr;
    *decoded = view.size();
    return view.data();
}

const char *simdjson_peer_kernel(void)
{
    static std::string name;
    name = get_active_implementation()->name();
    return name.c_str();
}
