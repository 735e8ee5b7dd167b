/* test_config.c - claims of core/config.h: which value is in force, where it came from, and what is told of wrong ones. */
#include "road.h"

#include "config.h"
#include "limits.h"

static void write_file(const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/headroom", road_home);
    mkdir(path, 0700);
    strcat(path, "/config.ini");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static hr_config load(void)
{
    hr_config c;
    assert_int_equal(hr_config_load(&c), 0);
    return c;
}

/* "LINE NAME: TEXT", one a line; line 0 stands for the environment, too. */
static const char *errors(const hr_config *c)
{
    static char out[4096];
    size_t n = 0;
    *out = 0;
    for (size_t i = 0; i < c->n_errors && n < sizeof out; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%u %s%s: %s\n", c->errors[i].line,
                              c->errors[i].file ? "" : "$", c->errors[i].name, c->errors[i].text);
    return out;
}

static void the_environment_goes_before_the_file_and_the_file_before_the_default(void **state)
{
    (void)state;
    write_file("level = lossless\nkeep_turns = 7\n[originals]\ndays = 3\n");
    setenv("HEADROOM_LEVEL", "replay", 1);
    hr_config c = load();
    assert_string_equal(errors(&c), "");
    assert_int_equal(c.number[HR_SET_LEVEL], HR_LEVEL_REPLAY);
    assert_int_equal(c.origin[HR_SET_LEVEL], 'e');
    assert_int_equal(c.number[HR_SET_KEEP_TURNS], 7);
    assert_int_equal(c.origin[HR_SET_KEEP_TURNS], 'f');
    assert_int_equal(c.number[HR_SET_ORIGINALS_DAYS], 3);
    assert_int_equal(c.number[HR_SET_MAX_ITEMS], 15);
    assert_int_equal(c.origin[HR_SET_MAX_ITEMS], 'd');
    hr_config_free(&c);
}

static void each_wrong_line_is_told_with_its_number_and_what_is_right_counts(void **state)
{
    (void)state;
    write_file("mode = fast\n"
               "min_tokens_to_crush = -1\n"
               "colour = red\n"
               "nonsense\n"
               "protected_tools = Read [bad, mcp__*\n"
               "protected_paths = .env\n"
               "   secrets/*  ; goes on\n"
               "log_file = headroom.log\n"
               "[endpoints]\n"
               "add = gw.example.com/llm anthropic;x/y no_such;nothing\n"
               "[model_context_limits]\n"
               "gpt-4o = 128000\n"
               "llama3:8b=8192\n"
               "my-* = many\n"
               "[nowhere]\n"
               "a = b\n");
    hr_config c = load();
    assert_string_equal(
        errors(&c),
        "1 mode: \"fast\" is not one of: off audit simulate optimize\n"
        "2 min_tokens_to_crush: \"-1\" is not a whole number up to 1073741824\n"
        "3 colour: no setting has this name\n"
        "4 : not \"name = value\"\n"
        "5 protected_tools: \"[bad\" is no pattern: a [ needs its ], and a range runs upwards\n"
        "8 log_file: \"headroom.log\" is no absolute path, nor - for standard error\n"
        "10 endpoints.add: \"no_such\" is no dialect; known are anthropic openai_chat openai_responses "
        "gemini "
        "cohere ollama bedrock\n"
        "10 endpoints.add: \"nothing\" is not HOST/PATH DIALECT: llm.example.com/v1/chat openai_chat\n"
        "14 model_context_limits: \"my-*=many\" is not MODEL=TOKENS, a pattern and a number: gpt-4o=128000\n"
        "16 nowhere.a: no setting has this name\n");
    assert_string_equal(c.text[HR_SET_MODE], "optimize");
    assert_int_equal(c.number[HR_SET_MIN_TOKENS], 200);
    assert_string_equal(c.text[HR_SET_PROTECTED_TOOLS], "Read mcp__*");
    assert_string_equal(c.text[HR_SET_PROTECTED_PATHS], ".env secrets/*");
    assert_string_equal(c.text[HR_SET_LOG_FILE], "");
    assert_string_equal(c.text[HR_SET_ENDPOINTS_ADD], "gw.example.com/llm anthropic");
    assert_string_equal(c.text[HR_SET_CONTEXT_LIMITS], "gpt-4o=128000 llama3:8b=8192");
    assert_string_equal(hr_config_error_of(&c, HR_SET_MODE),
                        "\"fast\" is not one of: off audit simulate optimize");
    assert_null(hr_config_error_of(&c, HR_SET_LEVEL));
    hr_config_free(&c);
}

static int64_t said(const hr_config *c, const char *tool, enum hr_profile_key key)
{
    int64_t v[HR_PROFILE_KEYS] = {-1, -1, -1, -1};
    hr_profiles_apply(c->profiles, hr_str_make(tool, strlen(tool)), v);
    return v[key];
}

static void profiles_stand_one_a_line_in_a_section_of_their_own(void **state)
{
    (void)state;
    write_file("[tool_profiles]\nsearch = level:lossless max_items:50\nimportant_tool = skip ; always\n"
               "bad = lvl:1\nmcp:* = min_tokens:9\n");
    hr_config c = load();
    assert_string_equal(errors(&c), "4 tool_profiles: bad: \"lvl\" is no key of a profile; known are skip, "
                                    "level, min_tokens, max_items\n");
    assert_string_equal(c.text[HR_SET_TOOL_PROFILES],
                        "search=level:lossless max_items:50;important_tool=skip;mcp:*=min_tokens:9");
    assert_int_equal(said(&c, "search", HR_PROFILE_MAX_ITEMS), 50);
    assert_int_equal(said(&c, "important_tool", HR_PROFILE_SKIP), 1);
    assert_int_equal(said(&c, "bad", HR_PROFILE_LEVEL), -1);
    assert_int_equal(said(&c, "mcp:x", HR_PROFILE_MIN_TOKENS), 9);
    hr_config_free(&c);
}

static void a_variable_stands_in_place_of_the_whole_section(void **state)
{
    (void)state;
    write_file("[tool_profiles]\nsearch = skip\n");
    setenv("HEADROOM_TOOL_PROFILES", "{\"a\": {\"skip\": true}, \"b\": {\"skip\": 7}}", 1);
    hr_config c = load();
    assert_string_equal(errors(&c), "0 $HEADROOM_TOOL_PROFILES: b: \"7\" is not true or false\n");
    assert_int_equal(said(&c, "a", HR_PROFILE_SKIP), 1);
    assert_int_equal(said(&c, "b", HR_PROFILE_SKIP), -1);
    assert_int_equal(said(&c, "search", HR_PROFILE_SKIP), -1);
    hr_config_free(&c);
    setenv("HEADROOM_TOOL_PROFILES", "{\"a\": {\"skip\": tru}}", 1);
    c = load(); /* nothing of it can be read: the file's stay in force */
    assert_int_equal(c.n_errors, 1);
    assert_int_equal(said(&c, "a", HR_PROFILE_SKIP), -1);
    assert_int_equal(said(&c, "search", HR_PROFILE_SKIP), 1);
    assert_int_equal(c.origin[HR_SET_TOOL_PROFILES], 'f');
    hr_config_free(&c);
}

static void a_file_that_is_none_is_told(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/headroom", road_home);
    mkdir(path, 0700);
    strcat(path, "/config.ini");
    mkdir(path, 0700);
    hr_config c = load();
    assert_string_equal(errors(&c), "0 : is not a regular file\n");
    hr_config_free(&c);
    rmdir(path);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 10000; i++)
        fputs("; a comment\n", f);
    fputs("level = replay\n", f);
    fclose(f);
    c = load();
    assert_non_null(strstr(errors(&c), "is longer than 64 KB"));
    assert_int_equal(c.number[HR_SET_LEVEL], HR_LEVEL_CRUSH);
    hr_config_free(&c);
}

static void errors_without_end_are_told_up_to_a_limit(void **state)
{
    (void)state;
    char text[4096] = "";
    for (int i = 0; i < 200; i++)
        strcat(text, "x = 1\n");
    write_file(text);
    hr_config c = load();
    assert_int_equal(c.n_errors, HR_MAX_CONFIG_ERRORS);
    hr_config_free(&c);
}

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    int r = HR_ENOMEM;
    long n = 1;
    write_file("mode = fast\nprotected_paths = a\n  b\n[tool_profiles]\na = skip\n[x\n");
    setenv("HEADROOM_LEVEL", "much", 1);
    for (; r == HR_ENOMEM && n < 1000; n++) {
        hr_config c;
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_config_load(&c);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        if (r == 0)
            assert_int_equal(c.n_errors, 3);
        hr_config_free(&c); /* the sanitizer sees what was left behind */
    }
    assert_int_equal(r, 0);
    assert_true(n > 40);
}

static int setup(void **state)
{
    unsetenv("HEADROOM_TOOL_PROFILES");
    return road_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_environment_goes_before_the_file_and_the_file_before_the_default,
                                        setup, road_teardown),
        cmocka_unit_test_setup_teardown(each_wrong_line_is_told_with_its_number_and_what_is_right_counts,
                                        setup, road_teardown),
        cmocka_unit_test_setup_teardown(profiles_stand_one_a_line_in_a_section_of_their_own, setup,
                                        road_teardown),
        cmocka_unit_test_setup_teardown(a_variable_stands_in_place_of_the_whole_section, setup,
                                        road_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_none_is_told, setup, road_teardown),
        cmocka_unit_test_setup_teardown(errors_without_end_are_told_up_to_a_limit, setup, road_teardown),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_left, setup, road_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
