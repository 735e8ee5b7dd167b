/* test_html.c - claims of core/transform/html.h: what a reader of a page sees is there in its order, what goes is told, and a page whose source is
   the matter is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/html.h"
#include "transform/html_entities.h"
#include "transform/html_page.h"
#include "transform/html_token.h"
#include "transform/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123"
#define HEAD                                                                                                 \
    "<!DOCTYPE html><html><head><title>T</title></head><body class=\""                                       \
    "a-long-list-of-names a-long-list-of-names a-long-list-of-names a-long-list-of-names "                   \
    "a-long-list-of-names "                                                                                  \
    "a-long-list-of-names a-long-list-of-names a-long-list-of-names a-long-list-of-names a-long-list\">"
#define PROSE                                                                                                \
    "<p>The quick brown fox jumps over the lazy dog, and the dog, which has seen this done before by other " \
    "foxes of the same parish, does not so much as lift an ear; it is a warm day and nobody is paid.</p>"
#define PROSE_TEXT                                                                                           \
    "The quick brown fox jumps over the lazy dog, and the dog, which has seen this done before by other "    \
    "foxes of the same parish, does not so much as lift an ear; it is a warm day and nobody is paid."

static hr_arena *arena;
static hr_transform_out out;

static hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

static int run(hr_str page, const char *query, bool lossy)
{
    hr_arena_free(arena);
    arena = hr_arena_new();
    const hr_transform_in in = {.text = page,
                                .query = hr_query_new(arena, view(query)),
                                .allow_lossy = lossy,
                                .offers_command = true,
                                .max_items = 15,
                                .id = ID};
    return hr_transform(arena, &in, &out);
}

/* A page with `body` and enough prose to be one. */
static char *page_of(const char *body)
{
    static char page[64 << 10];
    assert_true(strlen(HEAD) + strlen(PROSE) + strlen(body) < sizeof page);
    strcpy(page, HEAD);
    strcat(page, PROSE);
    strcat(page, body);
    return page;
}

static const char *text_of(const char *body, const char *query)
{
    assert_int_equal(run(view(page_of(body)), query, true), 1);
    assert_string_equal(out.transform, "html_text");
    assert_string_equal(out.kind, "html");
    return out.text.p;
}

/* The text of a body, without title, prose and note. */
static void expect(const char *body, const char *expected)
{
    static const char before[] = "title: T\n\n" PROSE_TEXT;
    const char *text = text_of(body, ""), *note = strstr(text, "\n[" HR_NOTE_KEY);
    char got[8192];

    assert_non_null(note);
    assert_memory_equal(text, before, sizeof before - 1);
    snprintf(got, sizeof got, "%.*s", (int)(note - text - (long)(sizeof before - 1)),
             text + sizeof before - 1);
    assert_string_equal(got, expected);
}

static void expect_note(const char *body, const char *note)
{
    const char *text = text_of(body, "");
    char whole[512];
    snprintf(whole, sizeof whole, "\n[_headroom: HTML as text%s; headroom show " ID "]", note);
    assert_string_equal(strrchr(text, '\n'), whole);
    assert_true(hr_text_has_note(out.text));
    assert_false(out.lossless);
}

static void expect_kept(const char *body, const char *query, const char *part)
{
    const char *text = text_of(body, query);
    if (!strstr(text, part))
        fail_msg("not there: %s\nin: %s", part, text);
}

static void expect_gone(const char *body, const char *query, const char *part)
{
    const char *text = text_of(body, query);
    if (strstr(text, part))
        fail_msg("there: %s\nin: %s", part, text);
}

/* ------------------------------------------------------------------ form */
static void paragraphs_and_headings_stand_apart(void **state)
{
    (void)state;
    expect("<h1>One</h1><p>a\n  b</p><h3>Two <em>three</em></h3><p>c<br>d<div>e</div>f",
           "\n\n# One\n\na b\n\n### Two three\n\nc\nd\ne\nf");
    expect("<h2></h2><p>after an empty heading", "\n\nafter an empty heading");
}

static void lists_keep_marks_numbers_and_depth(void **state)
{
    (void)state;
    expect("<ul><li>a<li><p>b</p><ol><li>x</li><li value=7>y<li>z</ol></ul>",
           "\n\n- a\n- b\n\n  1. x\n  7. y\n  8. z");
    expect("<ul><li></li><li>b</ul>", "\n\n- b");
}

static void links_show_where_they_lead(void **state)
{
    (void)state;
    expect("<p>See <a href=\"/q?a=1&amp;utm_source=x%20y\">the <b>quota</b></a>.",
           "\n\nSee [the quota](/q?a=1&utm_source=x%20y).");
    expect("<p><a href='#top'>up</a> <a href='javascript:void(0)'>run</a> <a name=x>here</a>",
           "\n\nup run here");
    expect("<p>a<a href=/x></a>b <a href=/cart aria-label=Cart><svg><path d=''/></svg></a>",
           "\n\nab [Cart](/cart)");
    expect("<a href=/card><h3>Card</h3><p>text</p></a><ul><a href=/li><li>item</a></ul>",
           "\n\n### [Card\n\ntext](/card)\n\n- [item](/li)");
    expect("<p><a href=/1>one<a href=/2>two</a>", "\n\n[one](/1)[two](/2)");
}

static void tables_are_rows_with_bars(void **state)
{
    (void)state;
    expect("<table><thead><tr><th>Name</th><th>Limit</th></tr></thead><tr><td><p>a</p></td><td></"
           "td><td>3<tr><td>b<td>4<br>5</table>",
           "\n\nName | Limit\na | | 3\nb | 4 5");
}

static void code_stands_as_it_is(void **state)
{
    (void)state;
    expect("<pre>\nif (a &lt; b)\n\t<span>x</span>  =  1;\n\n}</pre><p>end",
           "\n\n```\nif (a < b)\n\tx  =  1;\n\n}\n```\n\nend");
}

static void pictures_and_fields_say_what_they_are(void **state)
{
    (void)state;
    expect("<p><img src=a.png alt='Error rate &gt; 5%'><img src=b.png>", "\n\n[image: Error rate > 5%]");
    expect("<form><label>Mail <input type=email name=mail value=a@b.c></label><input type=checkbox name=ok "
           "checked></form>",
           "\n\nMail [email mail=a@b.c] [checkbox ok checked]");
    expect("<select name=s><option value=1>One<option selected>Two</select>",
           "\n\n[select s]\n- (1) One\n* Two");
    expect("<textarea name=t>a <b> c</textarea>", "\n\n[textarea t] a <b> c");
}

static void what_changes_a_number_is_not_lost(void **state)
{
    (void)state;
    expect("<p>10<sup>6</sup>, x<sub>2</sub>, <del>50</del> 30, <span>12</span><span>99</span>",
           "\n\n10^6, x_2, ~~50~~ 30, 12 99");
    expect("<p><time datetime=2026-03-01>yesterday</time> <span aria-label='4.5 of 5'>**</span>",
           "\n\n(2026-03-01) yesterday (4.5 of 5) **");
}

static void the_head_tells_title_description_and_refresh(void **state)
{
    (void)state;
    char page[4096] =
        "<html><head><title>A &amp; B</title><meta name=Description content=\"About  it\">"
        "<base href=https://e.org/><meta http-equiv=refresh content='0; url=/new'></head>" PROSE;
    assert_int_equal(run(view(page), "", true), 1);
    static const char expected[] =
        "title: A & B\ndescription: About it\nbase: https://e.org/\nrefresh: 0; url=/new\n\nThe quick";
    assert_memory_equal(out.text.p, expected, sizeof expected - 1);
}

static void entities_are_decoded_and_unknown_ones_stay(void **state)
{
    (void)state;
    expect(
        "<p>&lt;a&gt; &#65;&#x42; &eacute;&copy &nbsp; &hellip; &nosuch; &#xD800; &#0; &a=b AT&T &amp;amp;",
        "\n\n<a> AB \xc3\xa9\xc2\xa9 \xe2\x80\xa6 &nosuch; &#xD800; &#0; &a=b AT&T &amp;");
    static const char *const names[] = {"&AElig;", "&zwnj;", "&lt;", "&euro;", "&apos;", "&alefsym;"};
    static const char *const codes[] = {"\xc3\x86", "\xe2\x80\x8c", "<", "\xe2\x82\xac", "'", "\xe2\x84\xb5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char c[4];
        size_t n;
        assert_int_equal(hr_html_entity(view(names[i]), c, &n), strlen(names[i]));
        assert_int_equal(n, strlen(codes[i]));
        assert_memory_equal(c, codes[i], n);
    }
}

/* ------------------------------------------------------------------ what goes, and what stays all the same */
#define NAV                                                                                                  \
    "<nav><ul><li><a href=/a>Alpha</a></li><li><a href=/b>Beta</a> | <a href=/c>Gamma</a></li></ul></nav>"   \
    "<footer><a href=/d>Delta</a><p>Version 8841-c, checked by I. Sandoval</p></footer>"

static void what_goes_is_counted(void **state)
{
    (void)state;
    expect_note(
        "<script>var a = '</div>';</script><script src=x.js></script><style>p{}</style><!-- c -->" NAV
        "<div hidden>x</div><p style='color:red; display : "
        "none'>y</p><noscript>z</noscript><template>w</template><input type=hidden name=a><iframe>v</iframe>",
        "; 4 navigation links, 3 hidden elements, 1 noscript element, 2 scripts, 1 style, 1 comment, 1 "
        "hidden field, 1 frame text omitted");
    expect_note("", "");
    expect("<!-- a --><script>b</script>" NAV, "\n\nVersion 8841-c, checked by I. Sandoval");
}

static void navigation_by_role_and_class_goes_by_whole_names_only(void **state)
{
    (void)state;
    expect_gone("<div role=navigation><a href=/x>Xylo</a></div>", "", "Xylo");
    expect_gone("<div class='wide navbar'><a href=/x>Xylo</a></div>", "", "Xylo");
    expect_kept("<div class='navy-sealmenu'><a href=/x>Xylo</a></div>", "", "[Xylo](/x)");
    expect_kept("<div class='nav-content'><a href=/x>Xylo</a></div>", "", "[Xylo](/x)");
}

static void errors_and_alerts_stay_wherever_they_stand(void **state)
{
    (void)state;
    expect_kept("<nav><a href=/s>Payment failed: see status</a></nav>", "",
                "[Payment failed: see status](/s)");
    expect_kept("<nav><div role=alert><a href=/s>Maintenance on Sunday</a></div></nav>", "",
                "[Maintenance on Sunday](/s)");
    expect_kept("<footer><div class=alert-box><a href=/s>Old keys stop on Friday</a></div></footer>", "",
                "Old keys stop on Friday");
    expect_kept("<div hidden>The upload failed</div>", "", "(hidden) The upload failed");
    expect_kept("<div hidden><p class=error>Code 17</p></div>", "", "(hidden) Code 17");
    expect_kept("<div hidden><div class=error><h2>Oops</h2></div>quiet</div>", "", "(hidden) ## Oops");
    expect_gone("<div hidden><div class=error><h2>Oops</h2></div>quiet</div>", "", "quiet");
    expect_gone("<div hidden>never closed FACT-1", "", "(hidden)");
    expect_kept("<noscript>Error: scripts are off</noscript>", "",
                "(without scripts) Error: scripts are off");
}

static void what_the_question_asks_for_stays(void **state)
{
    (void)state;
    expect_kept(NAV, "where is Gamma described?", "[Gamma](/c)");
    expect_gone(NAV, "where is Gamma described?", "Alpha");
    expect_kept(NAV, "which links does the footer have?", "[Delta](/d)");
    expect_kept("<script>var k = {id: 'GTM-KX81Q'};</script>", "is GTM-KX81Q in use?", "(part of a script) ");
    expect_kept("<input type=hidden name=order_id value=A-99417>", "what is order_id?", "value=A-99417");
}

/* ------------------------------------------------------------------ pages that are left alone */
static void the_source_is_left_alone_where_it_is_asked_for(void **state)
{
    (void)state;
    static const char *const asking[] = {
        "{\"path\":\"src/index.html\"}",  "edit templates/base.htm:12 please",
        "open file:///srv/www/a.html",    "{\"file_path\":\"/a/App.vue\"}",
        "what does the CSS of it say?",   "show me the markup",
        "which script loads the banner?", "cat view.php | head",
        "read the page's source code"};
    static const char *const reading[] = {"{\"url\":\"https://example.org/docs/a.html\"}",
                                          "what is on https://e.org/classes/a.php?id=3", "summarise the page",
                                          ""};
    char *page = page_of(NAV);

    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        if (run(view(page), asking[i], true) != 0)
            fail_msg("taken: %s", asking[i]);
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
        if (run(view(page), reading[i], true) != 1)
            fail_msg("left: %s", reading[i]);
}

static void templates_shells_and_lossless_levels_are_left_alone(void **state)
{
    (void)state;
    assert_int_equal(run(view(page_of("<p>{{ user.name }}</p>" NAV)), "", true), 0);
    assert_int_equal(run(view(page_of("<p>{% if a %}</p>" NAV)), "", true), 0);
    assert_int_equal(run(view(page_of("<?php echo 1 ?>" NAV)), "", true), 0);
    assert_int_equal(run(view(page_of(NAV)), "", false), 0);
    assert_string_equal(out.kind, "html");
    assert_int_equal(
        run(view(HEAD "<div id=root></div><noscript>Switch scripts on.</noscript><script>x()</script>"), "",
            true),
        0);
    assert_int_equal(run(view(page_of("<p>{\"_headroom\":1}</p>" NAV)), "", true), 0);
    assert_int_equal(run(view(page_of("<p>[&#95;headroom: x]</p>" NAV)), "", true), 0);
}

static void only_pages_are_html(void **state)
{
    (void)state;
    static const char *const pages[] = {"<!doctype HTML>x", "\xef\xbb\xbf\n <html lang=en>",
                                        "<?xml version='1.0'?>\n<!DOCTYPE html>", "<!-- saved --><html>",
                                        "<body>"};
    static const char *const others[] = {"",
                                         "<",
                                         "<3",
                                         "text <html>",
                                         "<?xml version='1.0'?><rss><channel/></rss>",
                                         "<div>x</div>",
                                         "{\"a\":\"<html>\"}",
                                         "    1\t<!DOCTYPE html>"};
    char piece[2048] = "";

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (!hr_html_is(view(pages[i])))
            fail_msg("no page: %s", pages[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (hr_html_is(view(others[i])))
            fail_msg("a page: %s", others[i]);
    for (int i = 0; i < 10; i++)
        strcat(piece, "<tr><td class=x>some cell</td></tr>\n");
    assert_true(hr_html_is(view(piece)));
}

/* ------------------------------------------------------------------ broken pages */
static void broken_markup_loses_no_words(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "<div hidden>one <section>two</div></section> FACT-1",
        "<section><div hidden>x</section> FACT-1",
        "<p hidden>x<p>FACT-1",
        "<ul><li hidden>x<li>FACT-1</ul>",
        "<div hidden>never closed FACT-1",
        "<template>cut off here FACT-1",
        "<table hidden>FACT-1<tr><td>x</table>",
        "<a title='>' href=\"a>b\">FACT-1</a>",
        "<p class=a\"b>FACT-1</p><p title=\"x\">y",
        "<p title='it>FACT-1",
        "<script>while(1) ... [output cut off at FACT-1]",
        "<!-- comment ... cut off at FACT-1",
        "a < b and FACT-1 <3",
        "<svg><title/><style/><text>FACT-1</text></svg>",
        "<svg><![CDATA[ FACT-1 ]]></svg>",
        "<!--> FACT-1 <!---> y --> <!-- a --!> z",
        "</> </ x> FACT-1 <!x> <?y>",
        "<nav><a href=/x>x</nav>FACT-1",
        "<nav>unclosed <a href=/x>x</a> FACT-1",
        "<scripty>FACT-1</scripty>",
        "<script>a</scripty>b</script >FACT-1",
        "<style></style><title>second</title>FACT-1<title>third",
        "<pre>a<pre>b</pre>FACT-1",
        "<button hidden>FACT-1</button><span hidden>x</span><b hidden>x</b>",
        "<p></p></p></div></div></td></tr></table>FACT-1<td>x<tr>y",
        "<div style='display:none;display:block'>FACT-1</div>",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char *page = page_of(broken[i]);
        int r = run(view(page), "", true);
        if (r != 1 || !strstr(out.text.p, "FACT-1"))
            fail_msg("%d: %s\n%s", r, broken[i], r == 1 ? out.text.p : "");
    }
}

static void every_cut_of_a_page_is_safe(void **state)
{
    (void)state;
    const char *page =
        page_of("<script>a</script>" NAV
                "<table><tr><td>a&amp;b<td>c</table><svg><style>x</style></svg><pre>\nx</pre>"
                "<input name=a value='b'><!-- c --><div hidden>h</div><select><option>o</select>&copy;");
    size_t n = strlen(page);
    for (size_t cut = 0; cut <= n; cut++) {
        char *copy = malloc(cut + 1); /* of exactly the size, so that one byte too far is seen */
        assert_non_null(copy);
        memcpy(copy, page, cut);
        int r = run(hr_str_make(copy, cut), "", true);
        assert_true(r == 0 || (r == 1 && out.text.n > 0 && out.text.n < cut));
        free(copy);
    }
}

static void nesting_without_end_is_refused_in_linear_time(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    hr_buf b = {0};
    hr_buf_puts(&b, HEAD PROSE);
    for (int i = 0; i < DEEP; i++)
        hr_buf_puts(&b, "<div>");
    assert_int_equal(run(hr_buf_view(&b), "", true), 0);
    hr_buf_free(&b);
    hr_buf_puts(&b, HEAD PROSE);
    for (int i = 0; i < DEEP; i++)
        hr_buf_puts(&b, "<p>a</div><!-");
    assert_int_equal(run(hr_buf_view(&b), "", true), 1);
    hr_buf_free(&b);
}

/* The second pass sees what the first would lose. */
static void the_check_finds_a_missing_word(void **state)
{
    (void)state;
    const hr_str page = HR_STR("<p>one two<script>x</script> three &amp; f&eacute;e</p>");
    static const char *const good[] = {"one two three & f\xc3\xa9"
                                       "e",
                                       "- one [two](x) three, f\xc3\xa9"
                                       "e."};
    static const char *const bad[] = {"one three f\xc3\xa9"
                                      "e",
                                      "two one three f\xc3\xa9"
                                      "e",
                                      "one two three fee", "one two three", ""};
    hr_watch watch = {0};
    hr_html_page none = {0};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(hr_html_check(&none, page, view(good[i]), &watch), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hr_html_check(&none, page, view(bad[i]), &watch), HR_ESHAPE);
}

static void missing_memory_and_time_leave_the_page_alone(void **state)
{
    (void)state;
    const char *page = page_of("<script>a</script>" NAV);
    hr_arena *a = hr_arena_new();
    hr_transform_in in = {
        .text = view(page), .query = hr_query_new(a, view("Gamma")), .allow_lossy = true, .id = ID};
    int r = HR_ENOMEM;

    for (int n = 1; r != 1; n++) {
        assert_true(n < 100);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_html_text(a, &in, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == HR_ENOMEM || r == 1);
    }
    hr_buf b = {0};
    hr_buf_puts(&b, HEAD PROSE);
    for (int i = 0; i < 20000; i++)
        hr_buf_puts(&b, "<p>a</p>");
    in.text = hr_buf_view(&b);
    in.deadline_cpu_us = 1;
    assert_int_equal(hr_html_text(a, &in, &out), HR_ETIME);
    hr_buf_free(&b);
    hr_arena_free(a);
}

static void every_tag_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned t = 1; t < HR_TAGS; t++) {
        char name[sizeof hr_html_tags->name + 1];
        const int n = sprintf(name, "%c%sx", hr_html_tags[t].name[0] & ~0x20, hr_html_tags[t].name + 1);
        assert_int_equal(hr_html_tag_of(hr_str_make(name, (size_t)n - 1)), t);
        assert_int_equal(hr_html_tag_of(hr_str_make(name, (size_t)n)), HR_TAG_OTHER);
    }
}

static int drop_arena(void **state)
{
    (void)state;
    hr_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_and_headings_stand_apart),
        cmocka_unit_test(lists_keep_marks_numbers_and_depth),
        cmocka_unit_test(links_show_where_they_lead),
        cmocka_unit_test(tables_are_rows_with_bars),
        cmocka_unit_test(code_stands_as_it_is),
        cmocka_unit_test(pictures_and_fields_say_what_they_are),
        cmocka_unit_test(what_changes_a_number_is_not_lost),
        cmocka_unit_test(the_head_tells_title_description_and_refresh),
        cmocka_unit_test(entities_are_decoded_and_unknown_ones_stay),
        cmocka_unit_test(what_goes_is_counted),
        cmocka_unit_test(navigation_by_role_and_class_goes_by_whole_names_only),
        cmocka_unit_test(errors_and_alerts_stay_wherever_they_stand),
        cmocka_unit_test(what_the_question_asks_for_stays),
        cmocka_unit_test(the_source_is_left_alone_where_it_is_asked_for),
        cmocka_unit_test(templates_shells_and_lossless_levels_are_left_alone),
        cmocka_unit_test(only_pages_are_html),
        cmocka_unit_test(broken_markup_loses_no_words),
        cmocka_unit_test(every_cut_of_a_page_is_safe),
        cmocka_unit_test(nesting_without_end_is_refused_in_linear_time),
        cmocka_unit_test(the_check_finds_a_missing_word),
        cmocka_unit_test(every_tag_is_found_by_its_name),
        cmocka_unit_test(missing_memory_and_time_leave_the_page_alone),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
