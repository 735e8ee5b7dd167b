/* test_gate.c - which heads are ours, which may not be touched, and which are somebody else's. */
#include "stream_rig.h"

#include "shim/gate.h"

#define LINE "POST /v1/messages HTTP/1.1\r\n"
#define HOST "Host: api.example.com\r\n"
#define TYPE "Content-Type: application/json\r\n"
#define SIZE "Content-Length: 12\r\n"
#define END  "\r\n"

static int line(const char *text)
{
    const char *p = rig_at_edge(0, text, strlen(text));

    return gate_request_line(p, strlen(text));
}

static bool head(const char *text, struct gate_head *g)
{
    const char *p = rig_at_edge(0, text, strlen(text));

    return gate_head(p, strlen(text), g);
}

static void method_and_end_of_path_decide(void **state)
{
    static const struct {
        const char *text;
        int verdict;
    } cases[] = {
        {"", 1},
        {"P", 1},
        {"POST", 1},
        {"POST ", 1},
        {"POST /v1/mess", 1},
        {"POST /v1/messages", 1},
        {"POST /v1/messages ", 2},
        {"POST /v1/messages HTTP/1.1\r\n", 2},
        {"POST /v1/messages?beta=true HTTP/1.1\r\n", 2},
        {"POST /v1/messages#x HTTP/1.1\r\n", 2},
        {"POST /v1/messages/count_tokens HTTP/1.1\r\n", 2},
        {"POST /anthropic/v1/messages HTTP/1.1\r\n", 2},
        {"POST /openai/deployments/d/chat/completions?api-version=1 HTTP/1.1\r\n", 2},
        {"POST https://h.example/v1/messages HTTP/1.1\r\n", 2},
        {"POST http://h/v1/chat/completions HTTP/1.1\r\n", 2},
        {"POST /v1/responses HTTP/1.1\r\n", 2},
        {"POST /backend-api/codex/responses HTTP/1.1\r\n", 2},
        {"POST /openai/v1/responses?api-version=preview HTTP/1.1\r\n", 2},
        {"POST /v1/responses/input_tokens HTTP/1.1\r\n", 2},
        {"POST /v1/responses/compact HTTP/1.1\r\n", 2},
        {"POST /v1/responses/resp_1/cancel HTTP/1.1\r\n", 0},
        {"POST /v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict HTTP/1.1\r\n", 2},
        {"POST /v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict HTTP/1.1\r\n", 0},
        {"POST /model/eu.anthropic.claude-x%3A0/invoke HTTP/1.1\r\n", 2},
        {"POST /functions/f/invoke HTTP/1.1\r\n", 0},
        {"GET /v1/messages HTTP/1.1\r\n", 0},
        {"PUT ", 0},
        {"PA", 0},
        {"post /v1/messages ", 0},
        {"POST  /v1/messages HTTP/1.1\r\n", 0},
        {"POST /api/conversations HTTP/1.1\r\n", 0},
        {"POST /v1/messages/ HTTP/1.1\r\n", 0},
        {"POST /v1/messages/batches HTTP/1.1\r\n", 2},
        {"POST /v1/messages/batches/b/cancel HTTP/1.1\r\n", 0},
        {"POST /x?/v1/messages HTTP/1.1\r\n", 0},
        {"POST /x#/v1/messages HTTP/1.1\r\n", 0},
        {"POST /myv1/messages HTTP/1.1\r\n", 0},
        {"POST chat/completions HTTP/1.1\r\n", 0},
        {"POST ftp://h/v1/messages HTTP/1.1\r\n", 0},
        {"POST https://h HTTP/1.1\r\n", 0},
        {"POST * HTTP/1.1\r\n", 0},
        {"POST /a\r\nX:/v1/messages HTTP/1.1\r\n", 0},
        {"POST /\x80/v1/messages HTTP/1.1\r\n", 0},
        {"POST /v1/messages\r\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (line(cases[i].text) != cases[i].verdict)
            fail_msg("%s: %d", cases[i].text, line(cases[i].text));
    }
}

/* A verdict may only become firmer with more bytes: 1, then 0 or 2 for good. */
static void a_verdict_stands_however_few_bytes_it_was_made_from(void **state)
{
    static const char *const texts[] = {
        "POST /v1/messages?beta=true HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /v1/other HTTP/1.1\r\nHost: h\r\n\r\n/v1/messages",
        "PATCH /v1/messages HTTP/1.1\r\n",
    };

    (void)state;
    for (size_t t = 0; t < sizeof(texts) / sizeof(*texts); t++) {
        int last = 1;

        for (size_t n = 0; n <= strlen(texts[t]); n++) {
            int now = gate_request_line(rig_at_edge(0, texts[t], n), n);

            assert_true(last == 1 || now == last);
            last = now;
        }
        assert_int_not_equal(last, 1);
    }
}

static void a_wanted_head_is_taken_apart(void **state)
{
    static const char text[] = "POST /v1/messages?beta=true HTTP/1.1\r\nhOST:  api.example.com:443 \r\n"
                               "content-TYPE: Application/JSON ; charset=utf-8\r\nContent-Length:\t 0012\r\n"
                               "Authorization: Bearer x\r\nX-Empty:\r\nContent-Encoding: identity\r\n\r\n";
    struct gate_head g;

    (void)state;
    assert_true(head(text, &g));
    assert_null(g.skip);
    assert_int_equal(g.path_len, strlen("/v1/messages?beta=true"));
    assert_memory_equal(g.path, "/v1/messages?beta=true", g.path_len);
    assert_int_equal(g.host_len, strlen("api.example.com:443"));
    assert_memory_equal(g.host, "api.example.com:443", g.host_len);
    assert_string_equal(g.dialect, "anthropic");
    assert_false(g.count_only);
    assert_true(g.has_length);
    assert_int_equal(g.length, 12);
    assert_int_equal(g.length_len, 4);
    assert_memory_equal(text + g.length_off, "0012", 4);
}

static void rows_name_dialect_and_kind(void **state)
{
    struct gate_head g;

    (void)state;
    assert_true(head("POST /v1/messages/count_tokens HTTP/1.1\r\n" HOST TYPE SIZE END, &g));
    assert_string_equal(g.dialect, "anthropic");
    assert_true(g.count_only);
    assert_true(head("POST /chat/completions HTTP/1.1\r\n" HOST TYPE SIZE END, &g));
    assert_string_equal(g.dialect, "openai_chat");
    assert_false(g.count_only);
    static const struct {
        const char *path, *dialect;
        bool count_only;
    } others[] = {
        {"/v1/responses", "openai_responses", false},
        {"/v1/responses/input_tokens", "openai_responses", true},
        {"/v1/agents/completions", "openai_chat", false},
        {"/publishers/anthropic/models/m:streamRawPredict", "anthropic", false},
        {"/publishers/anthropic/models/count-tokens:rawPredict", "anthropic", true},
        {"/model/m/invoke-with-response-stream", "anthropic", false},
        {"/v1beta/models/m:generateContent?key=k", "gemini", false},
        {"/v2/chat", "cohere", false},
        {"/model/m/converse", "bedrock", false},
        {"/model/m/converse-stream", "bedrock", false},
        {"/api/chat", "ollama", false},
        {"/v1internal:streamGenerateContent?alt=sse", "gemini", false},
        {"/v1/publishers/google/models/m:countTokens", "gemini", true},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        char text[256];

        snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\n%s", others[i].path, HOST TYPE SIZE END);
        assert_true(head(text, &g));
        assert_string_equal(g.dialect, others[i].dialect);
        assert_int_equal(g.count_only, others[i].count_only);
    }
    assert_true(head("POST https://other/v1/messages HTTP/1.1\r\n" HOST TYPE SIZE END, &g));
    assert_memory_equal(g.host, "other", g.host_len);
    assert_memory_equal(g.path, "/v1/messages", g.path_len);
}

static void what_may_not_be_touched_is_named(void **state)
{
    static const struct {
        const char *skip, *text;
    } cases[] = {
        {"signed", LINE HOST TYPE SIZE "Authorization: AWS4-HMAC-SHA256 Credential=x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "authorization: aws4-ecdsa-p256-sha256 x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "Authorization: Signature keyId=x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "Authorization: TC3-HMAC-SHA256 Credential=x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n" END},
        {"signed", "POST /v1/messages?a=1&X-Amz-Signature=ab HTTP/1.1\r\n" HOST TYPE SIZE END},
        {"signed", LINE HOST TYPE SIZE "Content-MD5: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "Digest: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "Content-Digest: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "repr-digest: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "Signature: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "Signature-Input: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "X-Hub-Signature-256: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "X-Signature: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "X-Signature-Ed25519: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "X-Acme-Hmac-Sha256: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "x-amz-checksum-crc32: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "x-amz-trailer: x\r\n" END},
        {"signed", LINE HOST TYPE SIZE "DPoP: x\r\n" END},
        {"signed", LINE HOST SIZE "Content-Type: application/jose\r\n" END},
        {"signed", LINE HOST SIZE "Content-Type: application/jwt; a=b\r\n" END},
        {"encoding", LINE HOST TYPE SIZE "Content-Encoding: br\r\n" END},
        {"encoding", LINE HOST TYPE SIZE "Content-Encoding: gzip, zstd\r\n" END},
        {"encoding", LINE HOST TYPE SIZE "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n" END},
        {"encoding", LINE HOST TYPE SIZE "Content-Encoding:\r\n" END},
        {"signed",
         LINE HOST TYPE "Transfer-Encoding: chunked\r\nTrailer: X-A , x-amz-checksum-crc32\r\n" END},
        {"signed", LINE HOST TYPE "Trailer: Content-Digest,\r\nTransfer-Encoding: chunked\r\n" END},
        {"encoding", LINE HOST TYPE SIZE "Content-Encoding: identity\r\nContent-Encoding: zstd\r\n" END},
        {"multipart", LINE HOST SIZE "Content-Type: multipart/form-data; boundary=x\r\n" END},
        {"content_type", LINE HOST SIZE END},
        {"content_type", LINE HOST SIZE "Content-Type: text/plain\r\n" END},
        {"content_type", LINE HOST SIZE "Content-Type: application/json-seq\r\n" END},
        {"content_type", LINE HOST SIZE TYPE TYPE END},
        {"upgrade", LINE HOST TYPE SIZE "Upgrade: h2c\r\n" END},
        {"expect", LINE HOST TYPE SIZE "Expect: 100-continue\r\n" END},
        {"expect", LINE HOST TYPE "Expect: 200-ok\r\nTransfer-Encoding: chunked\r\n" END},
        {"expect",
         LINE HOST TYPE "Expect: 100-continue\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n" END},
        {"chunked", LINE HOST TYPE "Transfer-Encoding: gzip, chunked\r\n" END},
        {"chunked", LINE HOST TYPE "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" END},
        {"http_1_0", "POST /v1/messages HTTP/1.0\r\n" HOST TYPE "Transfer-Encoding: chunked\r\n" END},
        {"no_length", LINE HOST TYPE END},
        {"http_1_0", "POST /v1/messages HTTP/1.0\r\n" HOST TYPE SIZE END},
        {"too_large", LINE HOST TYPE "Content-Length: 33554433\r\n" END},
        {"too_large", LINE HOST TYPE "Content-Length: 999999999999999999\r\n" END},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct gate_head g;

        if (!head(cases[i].text, &g) || !g.skip || strcmp(g.skip, cases[i].skip) != 0)
            fail_msg("%s\nis not %s", cases[i].text, cases[i].skip);
    }
}

static void chunks_codings_and_the_wait_for_100_are_told(void **state)
{
    struct gate_head g;

    (void)state;
    assert_true(head(LINE HOST TYPE SIZE END, &g));
    assert_false(g.chunked || g.expect || g.encoding);
    assert_true(head(LINE HOST TYPE "Transfer-Encoding: CHUNKED\r\nTrailer: X-A, Server-Timing\r\n" END, &g));
    assert_null(g.skip);
    assert_true(g.chunked && !g.has_length && !g.expect);
    assert_true(head(LINE HOST TYPE "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n" END, &g));
    assert_null(g.skip);
    assert_true(g.chunked && g.expect);
    assert_true(head(LINE HOST TYPE SIZE "Content-Encoding: X-GZip\r\n" END, &g));
    assert_null(g.skip);
    assert_int_equal(g.encoding_len, 6);
    assert_memory_equal(g.encoding, "X-GZip", 6);
    assert_true(head(LINE HOST TYPE SIZE "Content-Encoding: zstd\r\n" END, &g));
    assert_null(g.skip);
    assert_memory_equal(g.encoding, "zstd", 4);
}

static void ordinary_tokens_are_no_signature(void **state)
{
    static const char *const fields[] = {
        "Authorization: Bearer aws4-hmac\r\n",
        "Authorization: Basic c2lnbmF0dXJl\r\n",
        "x-oai-attestation: x\r\n",
        "X-OAI-IS: ois1.x\r\n",
        "x-codex-turn-metadata: {}\r\n",
        "Idempotency-Key: x\r\n",
        "X-Amz-Date: x\r\n",
        "Cookie: signature=x\r\n",
        "anthropic-beta: a,b\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct gate_head g;
        char text[512];

        snprintf(text, sizeof(text), "%s%s%s", LINE HOST TYPE SIZE, fields[i], END);
        if (!head(text, &g) || g.skip)
            fail_msg("%s", text);
    }
}

static void heads_that_two_readers_could_read_differently_are_not_ours(void **state)
{
    static const char *const texts[] = {
        LINE HOST TYPE SIZE SIZE END,
        LINE HOST TYPE "Content-Length: 12, 12\r\n" END,
        LINE HOST TYPE "Content-Length: +12\r\n" END,
        LINE HOST TYPE "Content-Length: 1 2\r\n" END,
        LINE HOST TYPE "Content-Length: 0x12\r\n" END,
        LINE HOST TYPE "Content-Length:\r\n" END,
        LINE HOST TYPE "Content-Length: 99999999999999999999\r\n" END,
        LINE HOST TYPE SIZE "Transfer-Encoding: chunked\r\n" END,
        LINE HOST TYPE "Transfer-Encoding: chunked, gzip\r\n" END,
        LINE HOST TYPE "Transfer-Encoding: gzip\r\n" END,
        LINE HOST HOST TYPE SIZE END,
        LINE HOST TYPE SIZE " folded: x\r\n" END,
        LINE HOST "Content-Type : application/json\r\n" SIZE END,
        LINE HOST TYPE SIZE "no colon\r\n" END,
        LINE HOST TYPE SIZE ": no name\r\n" END,
        LINE HOST TYPE SIZE "A: b\n" END,
        LINE HOST TYPE SIZE "A: b\rc\r\n" END,
        LINE HOST TYPE SIZE "\n",
        LINE HOST TYPE SIZE,
        LINE HOST TYPE SIZE END "x",
        LINE,
        LINE "\r",
        "POST /v1/messages HTTP/1.2\r\n" HOST TYPE SIZE END,
        "POST /v1/messages HTTP/2.0\r\n" HOST TYPE SIZE END,
        "POST /v1/messages HTTP/1.1 \r\n" HOST TYPE SIZE END,
        "POST /v1/messages  HTTP/1.1\r\n" HOST TYPE SIZE END,
        "POST /v1/messages HTTP/1.1\n" HOST TYPE SIZE END,
        "GET /v1/messages HTTP/1.1\r\n" HOST TYPE SIZE END,
        "POST /v1/message HTTP/1.1\r\n" HOST TYPE SIZE END,
    };
    static const char nul[] = LINE HOST TYPE SIZE "A: b\0c\r\n" END;
    struct gate_head g;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (head(texts[i], &g))
            fail_msg("%s", texts[i]);
    }
    assert_false(gate_head(nul, sizeof(nul) - 1, &g));
    assert_false(gate_head("", 0, &g));
}

static void rows_of_the_user_are_added_and_wrong_ones_ignored(void **state)
{
    struct gate_head g;

    (void)state;
    gate_init(
        "Gw.Example/llm/talk openai_chat; nonsense ;*/any/host  anthropic;/x;h/p;h/ d;h/q?a=b d; a b/c d;"
        "h/r BAD!;;port.example:8443/s cohere");
    assert_int_equal(line("POST /llm/talk HTTP/1.1\r\n"), 2);
    assert_true(head("POST /a/llm/talk?x HTTP/1.1\r\nHost: gw.example:443\r\n" TYPE SIZE END, &g));
    assert_string_equal(g.dialect, "openai_chat");
    assert_false(head("POST /llm/talk HTTP/1.1\r\nHost: other.example\r\n" TYPE SIZE END, &g));
    assert_true(head("POST /any/host HTTP/1.1\r\n" HOST TYPE SIZE END, &g));
    assert_string_equal(g.dialect, "anthropic");
    assert_true(head("POST /s HTTP/1.1\r\nHost: port.example:8443\r\n" TYPE SIZE END, &g));
    assert_string_equal(g.dialect, "cohere");
    assert_false(head("POST /s HTTP/1.1\r\nHost: port.example\r\n" TYPE SIZE END, &g));
    assert_int_equal(line("POST /p HTTP/1.1\r\n"), 0);
    assert_int_equal(line("POST /q HTTP/1.1\r\n"), 0);
    assert_int_equal(line("POST /c HTTP/1.1\r\n"), 0);
    assert_int_equal(line("POST /r HTTP/1.1\r\n"), 0);
    assert_int_equal(line("POST /v1/messages HTTP/1.1\r\n"), 2);
    gate_init("");
    assert_int_equal(line("POST /llm/talk HTTP/1.1\r\n"), 0);
    gate_init(NULL);
    assert_int_equal(line("POST /chat/completions HTTP/1.1\r\n"), 2);
}

static void headers_of_ours_are_read_and_taken_out(void **state)
{
    struct gate_head g;
    char head[] = "POST /v1/messages HTTP/1.1\r\nX-Headroom-Mode: audit\r\nHost: a\r\nContent-Type: "
                  "application/json\r\n"
                  "x-headroom-level:  lossless \r\nContent-Length: 5\r\nX-HEADROOM-Other: 1\r\nX-Headroo: "
                  "stays\r\n\r\n";
    static const char sent[] = "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                               "Content-Length: 5\r\nX-Headroo: stays\r\n\r\n";

    (void)state;
    assert_true(gate_head(head, sizeof head - 1, &g));
    assert_int_equal(g.mode, HEADROOM_AUDIT);
    assert_int_equal(g.override[HEADROOM_OVERRIDE_LEVEL].n, 8);
    assert_memory_equal(g.override[HEADROOM_OVERRIDE_LEVEL].p, "lossless", 8);
    assert_int_equal(g.override[HEADROOM_OVERRIDE_UNKNOWN].n, 5);
    assert_memory_equal(g.override[HEADROOM_OVERRIDE_UNKNOWN].p, "Other", 5);
    assert_int_equal(gate_without_ours(head, sizeof head - 1), sizeof sent - 1);
    assert_memory_equal(head, sent, sizeof sent - 1);
    assert_true(gate_head(sent, sizeof sent - 1, &g));
    assert_int_equal(g.mode, -1);
    for (int i = 0; i < HEADROOM_OVERRIDES; i++)
        assert_null(g.override[i].p);
}

static void each_line_of_ours_is_handed_on_as_it_stands(void **state)
{
    struct gate_head g;
    char head[] =
        "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\n"
        "X-Headroom-Mode: fast\r\nx-headroom-LEVEL: replay\r\nX-Headroom-Level: crush\r\n"
        "X-Headroom-Output-Buffer-Tokens:8000\r\nX-Headroom-Keep-Turns: \t5 \r\n"
        "X-Headroom-Tool-Profiles: {\"a\": {\"skip\": true}}\r\nX-Headroom-Bypass:\r\n\r\n";
    static const char *const values[HEADROOM_OVERRIDE_UNKNOWN] = {
        "fast", "crush", "8000", "5", "{\"a\": {\"skip\": true}}", ""};
    static const char sent[] = "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Type: "
                               "application/json\r\nContent-Length: 5\r\n\r\n";

    (void)state;
    assert_true(gate_head(head, sizeof head - 1, &g));
    assert_int_equal(g.mode, -1);
    for (int i = 0; i < HEADROOM_OVERRIDE_UNKNOWN; i++) {
        assert_non_null(g.override[i].p);
        assert_int_equal(g.override[i].n, strlen(values[i]));
        assert_memory_equal(g.override[i].p, values[i], g.override[i].n);
    }
    assert_null(g.override[HEADROOM_OVERRIDE_UNKNOWN].p);
    assert_int_equal(gate_without_ours(head, sizeof head - 1), sizeof sent - 1);
    assert_memory_equal(head, sent, sizeof sent - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_ours_are_read_and_taken_out),
        cmocka_unit_test(each_line_of_ours_is_handed_on_as_it_stands),
        cmocka_unit_test(method_and_end_of_path_decide),
        cmocka_unit_test(a_verdict_stands_however_few_bytes_it_was_made_from),
        cmocka_unit_test(a_wanted_head_is_taken_apart),
        cmocka_unit_test(rows_name_dialect_and_kind),
        cmocka_unit_test(what_may_not_be_touched_is_named),
        cmocka_unit_test(chunks_codings_and_the_wait_for_100_are_told),
        cmocka_unit_test(ordinary_tokens_are_no_signature),
        cmocka_unit_test(heads_that_two_readers_could_read_differently_are_not_ours),
        cmocka_unit_test(rows_of_the_user_are_added_and_wrong_ones_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
