/* test_token.c - claims of the token estimator (core/token/estimate.c). Its error on whole documents is measured by
   tests/bench/token_error.py; here stand single strings with the true counts of o200k_base (tiktoken 0.14.0). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge.h"
#include "fault.h"
#include "token/escaped.h"
#include "token/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sample {
    const char *name;
    int tokens;    /* of o200k_base */
    int tolerance; /* short strings: no averaging, so it is wide where one word decides */
    const char *text;
} samples[] = {
    {"word", 1, 2, "hello"},
    {"sentence", 10, 2, "The quick brown fox jumps over the lazy dog."},
    {"prose", 28, 4,
     "A program that is loaded into another one must never surprise it: what it was given back is what it "
     "would have been given without us."},
    {"prose with contractions", 18, 3,
     "I don't think they've seen that it isn't what we're looking for, and she'll say so."},
    {"rare words", 19, 3,
     "Antidisestablishmentarianism confounds floccinaucinihilipilification enthusiasts."},
    {"digits", 4, 2, "0123456789"},
    {"one digit", 1, 2, "7"},
    {"number list", 24, 4, "1, 22, 333, 4444, 55555, 666666, 7777777"},
    {"float", 7, 2, "3.141592653589793"},
    {"negative exponent", 7, 2, "-1.25e-17"},
    {"epoch milliseconds", 5, 2, "1718035200123"},
    {"iso time", 15, 2, "2025-06-10T16:00:00.123Z"},
    {"uuid", 35, 5, "3f2b8c1e-9d4a-4f7b-8a6c-2e5d1f0b9a87"},
    {"sha1", 23, 3, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"ipv4", 7, 2, "192.168.10.254"},
    {"ipv6", 27, 4, "2001:0db8:85a3:0000:0000:8a2e:0370:7334"},
    {"url", 18, 3, "https://docs.example.com/reference/v2/search?q=ledger&limit=50#results"},
    {"email", 4, 5, "firstname.lastname@example.org"},
    {"path", 14, 2, "/usr/lib/x86_64-linux-gnu/libssl.so.3"},
    {"minified json", 31, 5,
     "{\"id\":1042,\"name\":\"checkout\",\"status\":\"ok\",\"latency_ms\":18,\"tags\":[\"eu\",\"prod\"],"
     "\"parent\":null}"},
    {"indented json", 33, 5,
     "{\n  \"id\": 1042,\n  \"name\": \"checkout\",\n  \"enabled\": true,\n  \"ratio\": 0.9375\n}"},
    {"json array of objects", 51, 8,
     "[{\"title\":\"Tuning Redis page "
     "caches\",\"score\":0.9123,\"url\":\"https://wiki.example.io/a\"},{\"title\":\"Sharding Kafka under "
     "load\",\"score\":0.8711,\"url\":\"https://wiki.example.io/b\"}]"},
    {"json punctuation", 5, 2, "}]},{\"\":[[]]},"},
    {"log line", 38, 6,
     "2025-03-04 11:22:33,456 ERROR [worker-7] com.example.db.PoolHandler - connection refused after 3 "
     "retries took 5012ms"},
    {"syslog", 38, 6,
     "Mar  4 11:22:33 host7 sshd[21034]: Accepted publickey for alice from 10.0.0.7 port 51234 ssh2"},
    {"access log", 55, 8,
     "10.1.2.3 - - [04/Mar/2025:11:22:33 +0000] \"GET /api/items?page=2 HTTP/1.1\" 200 5123 \"-\" "
     "\"curl/8.5.0\""},
    {"c code", 53, 8,
     "static size_t count(const char *p, size_t n)\n{\n    size_t sum = 0;\n    for (size_t i = 0; i < n; "
     "i++)\n        sum += p[i] == '\\n';\n    return sum;\n}\n"},
    {"python code", 55, 8,
     "def merge(a, b):\n    \"\"\"Merge two sorted lists.\"\"\"\n    out = []\n    while a and b:\n        "
     "out.append(a.pop(0) if a[0] <= b[0] else b.pop(0))\n    return out + a + b\n"},
    {"javascript", 23, 3,
     "const rows = await Promise.all(ids.map((id) => fetchRow(`/rows/${id}`, { signal })));\n"},
    {"shell", 27, 4, "for f in *.log; do gzip -9 \"$f\" && mv \"$f.gz\" /var/backups/; done\n"},
    {"sql", 54, 8,
     "SELECT u.id, COUNT(*) AS n FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.created_at > "
     "'2024-01-01' GROUP BY u.id HAVING COUNT(*) > 3 ORDER BY n DESC LIMIT 20;"},
    {"camel case", 15, 6, "getElementByIdAndClassName XMLHttpRequestFactory parseISODateTimeString"},
    {"snake case", 15, 2, "max_connection_pool_size_bytes HR_MAX_MEMORY_LEDGER __init_subclass__"},
    {"diff", 33, 5,
     "@@ -10,7 +10,7 @@ int main(void)\n-    return run(argc, argv);\n+    return run(argc, argv, "
     "environ);\n }\n"},
    {"html", 39, 6,
     "<div class=\"card\" id=\"c-12\"><a href=\"/items/12\">Blue lamp</a><span "
     "class=\"price\">&euro;19.90</span></div>"},
    {"markdown table", 23, 5, "| name | count |\n|------|------:|\n| a | 10 |\n| b | 200 |\n"},
    {"base64", 58, 9,
     "SGVhZHJvb20gc2hyaW5rcyB0b29sIG91dHB1dHMgYmVmb3JlIHRoZXkgYXJlIHNlbnQgdG8gdGhlIG1vZGVsLg=="},
    {"hex dump", 46, 7, "00000010  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|"},
    {"rule", 1, 2, "----------------------------------------------------------------"},
    {"upper case", 15, 3, "WARNING: DO NOT REMOVE THE ORIGINAL FILES BEFORE THE BACKUP IS VERIFIED"},
    {"listing", 50, 8,
     "-rw-r--r-- 1 root root    18231 Mar  4 11:22 estimate.c\n-rw-r--r-- 1 root root     3210 Mar  4 11:25 "
     "model.h\n"},
    {"traceback", 36, 5,
     "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 42, in handle\n    user = "
     "load(request.id)\nKeyError: 'id'\n"},
    {"spaces", 3, 2, "a                                        b"},
    {"tabs", 6, 2, "a\tb\t\tc\t\t\td"},
    {"blank lines", 7, 5, "one\n\n\ntwo\n\n\n\nthree\r\n\r\nfour"},
    {"german", 22, 3,
     "Die Datei konnte nicht gelesen werden, weil die Berechtigung für das übergeordnete Verzeichnis fehlt."},
    {"french", 22, 3,
     "Le fichier n'a pas pu être lu, car le répertoire supérieur n'est pas accessible à l'utilisateur."},
    {"spanish", 18, 3,
     "No se pudo abrir el archivo porque el usuario no tiene permiso de lectura en la carpeta."},
    {"polish", 26, 4,
     "Nie można otworzyć pliku, ponieważ użytkownik nie ma uprawnień do odczytu w tym katalogu."},
    {"turkish", 20, 5, "Dosya okunamadı çünkü kullanıcının bu dizinde okuma izni bulunmuyor."},
    {"vietnamese", 18, 5, "Không thể đọc tệp vì người dùng không có quyền truy cập vào thư mục này."},
    {"russian", 18, 6, "Не удалось прочитать файл, потому что у пользователя нет прав на доступ к каталогу."},
    {"greek", 28, 5, "Δεν ήταν δυνατή η ανάγνωση του αρχείου επειδή ο χρήστης δεν έχει δικαίωμα πρόσβασης."},
    {"arabic", 18, 3, "تعذر فتح الملف لأن المستخدم لا يملك إذن القراءة في هذا المجلد."},
    {"hebrew", 22, 5, "לא ניתן היה לקרוא את הקובץ כי למשתמש אין הרשאת גישה לתיקייה."},
    {"hindi", 22, 5, "फ़ाइल पढ़ी नहीं जा सकी क्योंकि उपयोगकर्ता को इस फ़ोल्डर की अनुमति नहीं है।"},
    {"thai", 24, 5, "ไม่สามารถอ่านไฟล์ได้เนื่องจากผู้ใช้ไม่มีสิทธิ์เข้าถึงโฟลเดอร์นี้"},
    {"chinese", 21, 12, "由于用户没有该目录的读取权限，因此无法打开此文件。请检查设置后重试。"},
    {"japanese", 29, 4,
     "ユーザーにこのディレクトリの読み取り権限がないため、ファイルを開くことができませんでした。"},
    {"korean", 23, 3, "사용자에게 이 디렉터리의 읽기 권한이 없기 때문에 파일을 열 수 없습니다."},
    {"emoji", 19, 6, "Deployed 🚀 all green ✅ 🎉🎉 watch out ⚠️ for 🔥"},
    {"special tokens as text", 15, 3, "<|endoftext|> and <|im_start|>user"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* As a body is counted where no vocabulary is there. */
static size_t estimate_json(const char *json, size_t n)
{
    return hr_escaped_count(NULL, json, n);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void with_a_vocabulary_every_sample_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const size_t n = strlen(samples[i].text);
        assert_int_equal(hr_tokens(samples[i].text, n), samples[i].tokens);
    }
}

static void every_sample_is_within_its_tolerance(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        int got = (int)hr_tokens_estimate(s->text, strlen(s->text));
        if (abs(got - s->tokens) > s->tolerance)
            fail_msg("%s: %d tokens, estimated %d", s->name, s->tokens, got);
    }
}

static void over_all_samples_the_error_is_below_six_percent(void **state)
{
    long truth = 0, got = 0;
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        truth += samples[i].tokens;
        got += (long)hr_tokens_estimate(samples[i].text, strlen(samples[i].text));
    }
    if (labs(got - truth) * 100 > truth * 6)
        fail_msg("%ld tokens, estimated %ld", truth, got);
}

static void nothing_is_no_token_and_something_is_at_least_one(void **state)
{
    (void)state;
    assert_int_equal(hr_tokens_estimate(NULL, 0), 0);
    assert_int_equal(hr_tokens_estimate("", 0), 0);
    assert_int_equal(estimate_json(NULL, 0), 0);
    for (int c = 0; c < 256; c++) {
        char b = (char)c;
        assert_in_range(hr_tokens_estimate(&b, 1), 1, 3);
        assert_in_range(estimate_json(&b, 1), 1, 3);
    }
}

static void digits_make_a_token_per_three(void **state)
{
    char text[100];
    (void)state;
    memset(text, '4', sizeof text);
    for (size_t n = 1; n <= sizeof text; n++)
        assert_int_equal(hr_tokens_estimate(text, n), (n + 2) / 3);
}

static void any_bytes_are_accepted_and_none_beyond_the_end_is_read(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[120];
        size_t n = next(&seed) % sizeof text + 1;
        for (size_t i = 0; i < n; i++) {
            uint32_t r = next(&seed);
            text[i] = round & 1 ? (char)r : " aB9\n\\u\"\xE4\xF0\x9F'"[r % 12];
        }
        const char *copy = edge_copy(text, n);
        assert_in_range(hr_tokens_estimate(copy, n), 1, 3 * n);
        assert_in_range(estimate_json(copy, n), 1, 3 * n);
    }
}

static void truncated_utf8_at_the_end_is_accepted(void **state)
{
    static const char text[] = "ab \xF0\x9F\x9A\x80 \xE4\xB8\xAD\xC3\xA9";
    (void)state;
    for (size_t n = 1; n < sizeof text; n++)
        assert_in_range(hr_tokens_estimate(edge_copy(text, n), n), 1, 3 * n);
}

static void the_whole_costs_no_more_than_its_halves_and_a_little(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        const char *text = samples[i].text;
        size_t n = strlen(text), whole = hr_tokens_estimate(text, n);
        for (size_t at = 0; at <= n; at++) {
            size_t halves = hr_tokens_estimate(text, at) + hr_tokens_estimate(text + at, n - at);
            /* Two known words may join to an unknown one; the widest case here is a word of 29 letters. */
            if (whole > halves + 5)
                fail_msg("%s at %zu: %zu, halves %zu", samples[i].name, at, whole, halves);
            /* A cut costs little too, so that figures of parts may be added up. */
            if (halves > whole + 7)
                fail_msg("%s at %zu: %zu, halves %zu", samples[i].name, at, whole, halves);
        }
    }
}

static void a_text_repeated_counts_that_many_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t n = strlen(samples[i].text) + 1, times = 200;
        char *many = malloc(n * times);
        assert_non_null(many);
        for (size_t k = 0; k < times; k++) {
            memcpy(many + k * n, samples[i].text, n - 1);
            many[k * n + n - 1] = '\n';
        }
        size_t one = hr_tokens_estimate(many, n), all = hr_tokens_estimate(many, n * times);
        assert_in_range(all * 10, one * times * 8, (one + 1) * times * 11);
        free(many);
    }
}

static void escapes_count_as_what_they_stand_for(void **state)
{
    static const struct {
        const char *json, *text;
    } pairs[] = {
        {"one\\ntwo\\tthree\\r\\nfour", "one\ntwo\tthree\r\nfour"},
        {"say \\\"yes\\\" to C:\\\\dir\\/x", "say \"yes\" to C:\\dir/x"},
        {"caf\\u00e9 \\u4e2d\\u6587 \\ud83d\\ude80\\u0041", "café 中文 🚀A"},
        {"{\\\"id\\\":42,\\\"ok\\\":true}", "{\"id\":42,\"ok\":true}"},
        {"not one: \\x \\u12 \\ud83d", "not one: \\x \\u12 \xEF\xBF\xBD"},
        {"at the end \\", "at the end \\"},
        {"plain", "plain"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_int_equal(estimate_json(pairs[i].json, strlen(pairs[i].json)),
                         hr_tokens_estimate(pairs[i].text, strlen(pairs[i].text)));
}

/* The samples one behind the other until text is full; escaped as JSON if asked. */
static size_t fill(char *text, size_t room, bool json)
{
    size_t n = 0;
    for (size_t i = 0; n + 2 < room; i = (i + 1) % SAMPLES) {
        const char *p = samples[i].text;
        for (; *p && n + 2 < room; p++) {
            bool line = *p == '\n' || *p == '\r' || *p == '\t';
            if (json && (line || *p == '"' || *p == '\\')) {
                text[n++] = '\\';
                text[n++] = *p == '\n' ? 'n' : *p == '\r' ? 'r' : *p == '\t' ? 't' : *p;
            } else {
                text[n++] = *p;
            }
        }
        if (n + 2 < room)
            text[n++] = ' ';
    }
    return n;
}

static void long_json_strings_count_like_their_text(void **state)
{
    enum { ROOM = 1 << 18 };
    char *json = malloc(ROOM), *text = malloc(ROOM);
    (void)state;
    assert_true(json && text);
    size_t n = fill(json, ROOM, true), m = 0;
    for (size_t i = 0; i < n; i++) {
        if (json[i] != '\\' || i + 1 == n) {
            text[m++] = json[i];
            continue;
        }
        char c = json[++i];
        text[m++] = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
    }
    size_t a = estimate_json(json, n), b = hr_tokens_estimate(text, m);
    assert_in_range(a, b - b / 500, b + b / 500); /* windows of 4 KiB may cut a piece */
    memset(json, 'A', ROOM);
    assert_in_range(estimate_json(json, ROOM), 1, ROOM);
    memset(json, '\\', ROOM);
    assert_in_range(estimate_json(json, ROOM), 1, ROOM);
    free(json);
    free(text);
}

static void a_long_text_is_counted_by_some_of_it_within_two_percent(void **state)
{
    enum { ROOM = 1 << 19, WHOLE = 64 << 10 };
    char *text = malloc(ROOM);
    (void)state;
    assert_non_null(text);
    size_t n = 0;
    for (unsigned i = 0; n + 100 < ROOM; i++) /* characters of two and of three bytes are cut nowhere */
        n += (size_t)snprintf(text + n, ROOM - n, "%u,%s %u,\xc3\xa9t\xc3\xa9 \xe2\x82\xac%u,%08x\n",
                              i * 7919 % 89981, i % 3 ? "connection pool" : "page cache", i % 40, i % 977,
                              i * 2654435761u);
    assert_int_equal(hr_tokens_about(text, WHOLE - 1), hr_tokens(text, WHOLE - 1));
    assert_int_equal(hr_tokens_about(text, 0), 0);
    const size_t sizes[] = {WHOLE, WHOLE + 1, 100003, n};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t all = hr_tokens(text, sizes[i]);
        assert_in_range(hr_tokens_about(text, sizes[i]), all - all / 50, all + all / 50);
    }
    memset(text, 0x80, ROOM); /* no UTF-8 at all */
    assert_true(hr_tokens_about(text, ROOM) > 0);
    free(text);
}

static void counting_allocates_nothing(void **state)
{
    enum { ROOM = 1 << 16 };
    char *text = malloc(ROOM);
    (void)state;
    assert_non_null(text);
    size_t n = fill(text, ROOM, false);
    hr_fault_after(HR_FAULT_ALLOC, 1, true);
    size_t count = hr_tokens_estimate(text, n) + estimate_json(text, n);
    assert_int_equal(hr_fault_count(HR_FAULT_ALLOC), 0);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    assert_true(count > 0);
    free(text);
}

static void worst_inputs_stay_linear(void **state)
{
    static const char *const units[] = {
        "a",    "A",       "aB", " ",   "\n", " \n", ".", "'s", "\xE4\xB8\xAD", "\xF0\x9F\x9A\x80",
        "\xFF", "\\u0041", "/",  "\n/", " .", "\t",  "9"};
    enum { ROOM = 1 << 22 };
    char *text = malloc(ROOM);
    (void)state;
    assert_non_null(text);
    /* A quadratic walk of 4 MB would take hours; this ends in a second, sanitizers included. */
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t len = strlen(units[i]);
        for (size_t k = 0; k < ROOM; k++)
            text[k] = units[i][k % len];
        assert_in_range(hr_tokens_estimate(text, ROOM), 1, 3 * (size_t)ROOM);
        assert_in_range(estimate_json(text, ROOM), 1, 3 * (size_t)ROOM);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_vocabulary_every_sample_is_exact),
        cmocka_unit_test(every_sample_is_within_its_tolerance),
        cmocka_unit_test(over_all_samples_the_error_is_below_six_percent),
        cmocka_unit_test(nothing_is_no_token_and_something_is_at_least_one),
        cmocka_unit_test(digits_make_a_token_per_three),
        cmocka_unit_test(any_bytes_are_accepted_and_none_beyond_the_end_is_read),
        cmocka_unit_test(truncated_utf8_at_the_end_is_accepted),
        cmocka_unit_test(the_whole_costs_no_more_than_its_halves_and_a_little),
        cmocka_unit_test(a_text_repeated_counts_that_many_times),
        cmocka_unit_test(escapes_count_as_what_they_stand_for),
        cmocka_unit_test(long_json_strings_count_like_their_text),
        cmocka_unit_test(a_long_text_is_counted_by_some_of_it_within_two_percent),
        cmocka_unit_test(counting_allocates_nothing),
        cmocka_unit_test(worst_inputs_stay_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
