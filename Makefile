# Headroom. `make help` lists the targets; V=1 shows the commands.
PREFIX  ?= /usr/local
CC      ?= gcc
PYTHON  ?= python3
B       := build
VERSION := $(shell sed -n 's/^\#define HEADROOM_VERSION *"\(.*\)"/\1/p' core/headroom.h)
FUZZ_SECONDS ?= 60
FUZZ_CASES ?= 100000

# As many jobs as there are processors, unless -j says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($(V),1)
Q :=
SAY := @:
else
Q := @
SAY := @printf '  %-6s %s\n'
endif

WARN  := -Wall -Wextra -Wshadow -Wconversion -Werror
BASE  := -std=c11 -D_GNU_SOURCE -g -fPIC -fvisibility=hidden -MMD -MP $(WARN)
OPT   ?= -O2
# Debian's http_parser, sqlite3, zlib, zstd and brotli's decoder come as position-independent archives: linked in and hidden.
CORE_LIBS := -l:libsqlite3.a -l:libz.a -l:libzstd.a -l:libbrotlidec.a -l:libbrotlicommon.a -lm -lpthread -ldl
SHIM_CFLAGS := -include shim/glibc.h -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 -fno-stack-protector -ftls-model=initial-exec
SHARED := -shared -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,noexecstack -Wl,--no-undefined -Wl,--exclude-libs,ALL -Wl,--as-needed
# The preload library is mapped by every child of an agent: two segments instead of four, a smaller symbol table.
SMALL := -Wl,-z,noseparate-code -Wl,-O1

# The vocabularies, compiled: they lie beside libheadroom.so.
TOKENS := $(patsubst data/%.tiktoken,$B/%.tokens,$(wildcard data/*.tiktoken))
CORE_SRC := $(wildcard core/*.c core/*/*.c)
SHIM_SRC := $(wildcard shim/*.c hooks/*.c)
TOOL_SRC := $(wildcard tools/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
PROG_SRC := $(wildcard tests/programs/c/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

CORE_OBJ := $(CORE_SRC:%.c=$B/obj/%.o)
SHIM_OBJ := $(SHIM_SRC:%.c=$B/obj/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$B/obj/%.o)
# The same sources with forced failures (fault.h), under the address and undefined-behaviour sanitizers.
SAN_OBJ  := $(CORE_SRC:%.c=$B/san/%.o) $(filter-out $B/san/shim/core.o,$(patsubst %.c,$B/san/%.o,$(wildcard shim/*.c))) \
    $B/san/hooks/anchors.o $B/san/hooks/connections.o $B/san/hooks/identity.o $B/san/hooks/peek.o $B/san/hooks/curl_options.o $B/san/hooks/curl_head.o $B/san/hooks/curl_handle.o
FUZZ_OBJ := $(patsubst $B/san/%,$B/fuzz/%,$(SAN_OBJ))
CLANG_OBJ := $(patsubst $B/san/%,$B/clang/%,$(SAN_OBJ))
UNIT     := $(UNIT_SRC:tests/unit/%.c=$B/tests/unit/%)
UNIT_CLANG := $(UNIT_SRC:tests/unit/%.c=$B/tests/clang/%)
PROGRAMS := $(PROG_SRC:tests/programs/c/%.c=$B/tests/programs/%) \
    $(foreach p,ssl_write ssl_write_ex ssl_nonblocking ssl_threads,$B/tests/programs/linked_$p $B/tests/programs/linkedpie_$p) \
    $(addprefix $B/tests/programs/,exporting_ssl_alpn linkedpie_ssl_edges linked_ssl_reuse linkedpie_ssl_reuse)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=$B/tests/fuzz/%)
# The targets of the transforms, each transform FUZZ_CASES times.
CASES    := $(addprefix $B/tests/cases/,crush form html lines router testrun volatile)
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

.PHONY: all tokens-check deps demo test test-programs test-unit test-hygiene test-run test-bench bench bench-programs bench-check fuzz lint install uninstall clean help programs
.DELETE_ON_ERROR:
all: $B/libheadroom_preload.so $B/libheadroom.so $B/headroom $(TOKENS)

help:
	@printf '%s\n' 'make            build build/libheadroom_preload.so, build/libheadroom.so, build/headroom' \
	'make demo       install what is missing, build, and show the main job on real input' \
	'make test       install what is missing, build, and run every test' \
	'make deps       install what is missing (DRY_RUN=1: only say what)' \
	'make test-programs  fetch big unmodified programs (node, Bun, Claude Code, opencode, SDKs) into $B/programs, and run them under the library' \
	'make fuzz       run the fuzz targets (FUZZ_SECONDS=$(FUZZ_SECONDS) for the ELF reader, as many for all others), and FUZZ_CASES=$(FUZZ_CASES) cases of each transform' \
	'make bench      measure speed and memory against their peers (ROWS=ledger: one group); bench-check fails where a goal is missed' \
	'make tokens-check  token ids and counts against tiktoken on 205 MB of text (make test: 4 MB)' \
	'make lint       clang-format, cppcheck, shellcheck' \
	'make install    PREFIX=$(PREFIX) DESTDIR=; make uninstall takes it away again' \
	'make clean      remove build/'

# ---------------------------------------------------------------- objects
$B/obj/core/%.o: core/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) -iquote core $(CFLAGS) -c $< -o $@
$B/obj/shim/%.o: shim/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) $(SHIM_CFLAGS) $(CFLAGS) -c $< -o $@
$B/obj/hooks/%.o: hooks/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) $(SHIM_CFLAGS) $(CFLAGS) -c $< -o $@
$B/obj/tools/%.o: tools/%.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) -c $< -o $@
$B/san/%.o: %.c
	$(SAY) CCSAN $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -O1 $(SAN) -DHR_FAULT -iquote core $(CFLAGS) -c $< -o $@

# ---------------------------------------------------------------- data
# The price table is compiled by the code that `headroom prices update` runs.
PRICE_OBJ := $(patsubst %,$B/obj/core/%.o,price_compile price_decimal price_regex base arena fault) $(patsubst core/json/%.c,$B/obj/core/json/%.o,$(wildcard core/json/*.c))
$B/prices.compile: data/prices/compile.c $(PRICE_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -O1 $(WARN) -iquote core $(filter-out %.h,$^) -o $@
$B/prices.table: $B/prices.compile data/prices/data.json data/prices/VERSION
	$(SAY) DATA $@
	$(Q)$B/prices.compile data/prices/data.json data/prices/VERSION $@
$B/obj/core/price_table.o $B/san/core/price_table.o $B/clang/core/price_table.o $B/fuzz/core/price_table.o: $B/prices.table

# ---------------------------------------------------------------- what is built
$B/libheadroom_preload.so: $(SHIM_OBJ) shim/exports.map
	$(SAY) LINK $@
	$(Q)$(CC) $(SHARED) $(SMALL) -nostartfiles -Wl,--version-script=shim/exports.map -Wl,-soname,libheadroom_preload.so -Wl,--gc-sections \
	    -o $@.new $(SHIM_OBJ) $(LDFLAGS) -l:libhttp_parser.a -ldl -lpthread
	@mv $@.new $@
$B/libheadroom.so: $(CORE_OBJ) core/exports.map
	$(SAY) LINK $@
	$(Q)$(CC) $(SHARED) -Wl,--version-script=core/exports.map -Wl,-soname,libheadroom.so \
	    -o $@.new $(CORE_OBJ) $(LDFLAGS) $(CORE_LIBS)
	@mv $@.new $@
$B/headroom: $(TOOL_OBJ) $B/libheadroom.so
	$(SAY) LINK $@
	$(Q)$(CC) -o $@.new $(TOOL_OBJ) $(LDFLAGS) -L$B -lheadroom -lcjson -lncursesw -ltinfo -lm -ldl -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib'
	@mv $@.new $@
$B/compile-tokens: $(wildcard core/token/compile/*.[ch]) core/token/table.c core/token/table.h
	$(SAY) LINK $@
	$(Q)$(CC) $(filter-out -MMD -MP,$(BASE)) -O2 -iquote core $(filter %.c,$^) -o $@
$B/%.tokens: data/%.tiktoken $B/compile-tokens
	$(SAY) TOKENS $@
	$(Q)$B/compile-tokens $< $@.new
	@mv $@.new $@

# ---------------------------------------------------------------- tests
# Programs that have the core inside look beside themselves, as the library does.
TEST_TOKENS := $(foreach d,unit clang programs bench cases fuzz,$(TOKENS:$B/%=$B/tests/$d/%))
$(TEST_TOKENS): | $(TOKENS)
	@mkdir -p $(@D)
	$(Q)ln -sf ../../$(@F) $@
$(UNIT) $(UNIT_CLANG) $(FUZZERS) $(CASES) $B/tests/programs/same_bytes_cc $B/tests/programs/same_bytes_clang: | $(TEST_TOKENS)
# The same tests once more, by clang without sanitizers: what those hide (a fork in the middle of an allocation) runs here.
$B/clang/%.o: %.c
	$(SAY) CLANG $<
	@mkdir -p $(@D)
	$(Q)clang $(BASE) -O2 -DHR_FAULT -iquote core $(CFLAGS) -c $< -o $@
$B/clang/libtest.a: $(CLANG_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $(CLANG_OBJ)
# The instruction decoder is held against a real one.
$B/tests/unit/test_elf_x86 $B/tests/clang/test_elf_x86: TEST_LIBS := -lZydis
$B/tests/unit/test_decode $B/tests/clang/test_decode: TEST_LIBS := -lbrotlienc
$B/tests/clang/%: tests/unit/%.c $B/clang/libtest.a
	$(SAY) TEST $@
	@mkdir -p $(@D)
	$(Q)clang $(BASE) -Wno-conversion -O2 -DHR_FAULT -iquote core -I. $< -o $@ $B/clang/libtest.a $(LDFLAGS) $(CORE_LIBS) \
	    -l:libhttp_parser.a -lcmocka $(TEST_LIBS)
# An archive: a test of core gets nothing of shim/, whose loader it does not have.
$B/san/libsan.a: $(SAN_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $(SAN_OBJ)
$B/tests/unit/%: tests/unit/%.c $B/san/libsan.a
	$(SAY) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -Wno-conversion -O1 $(SAN) -DHR_FAULT -iquote core -I. $< -o $@ $B/san/libsan.a $(LDFLAGS) $(CORE_LIBS) \
	    -l:libhttp_parser.a -lcmocka $(TEST_LIBS)
$B/tests/programs/%: tests/programs/c/%.c
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -O1 $(WARN) -MMD -MP $< -o $@ -lssl -lcrypto -lpthread
# Programs that have OpenSSL linked in, and no symbol of it left.
$B/tests/programs/linked_%: tests/programs/c/%.c
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -MMD -MP -s -no-pie $< -o $@ -l:libssl.a -l:libcrypto.a -lpthread
$B/tests/programs/linkedpie_%: tests/programs/c/%.c
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -MMD -MP -s -pie -fPIE $< -o $@ -l:libssl.a -l:libcrypto.a -lpthread
# One that has it inside and exports its names, as node does.
$B/tests/programs/exporting_%: tests/programs/c/%.c
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -MMD -MP -rdynamic -pie -fPIE $< -o $@ -l:libssl.a -l:libcrypto.a -lpthread
# Programs that are not linked with libssl, and call what dlsym finds in it.
PROGRAMS += $(foreach p,ssl_write ssl_write_ex ssl_bio ssl_nonblocking ssl_threads ssl_edges ssl_fire,$B/tests/programs/pointers_$p)
$B/tests/programs/pointers_%: tests/programs/c/%.c tests/programs/pointers/looked_up.c
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -O1 $(WARN) -MMD -MP -MT $@ -MF $@.d -c $< -o $@.o
	$(Q)nm -u $@.o | sed -n 's/^ *U \(\(SSL\|TLS\|BIO\|ERR\|X509\|OPENSSL\)_.*\)/FUNCTION(\1)/p' >$@.names
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -O1 $(WARN) '-DNAMES="$(abspath $@).names"' tests/programs/pointers/looked_up.c $@.o -o $@ -lpthread
# The whole core by two compilers: what it sends is the same.
PROGRAMS += $B/tests/programs/same_bytes_cc $B/tests/programs/same_bytes_clang
$B/tests/programs/same_bytes_cc: tests/programs/same_bytes.c $(CORE_OBJ)
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -O2 -iquote core $(filter-out %.h,$^) -o $@ $(LDFLAGS) $(CORE_LIBS) -lpthread
$B/tests/programs/same_bytes_clang: tests/programs/same_bytes.c $B/clang/libtest.a
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)clang $(BASE) -O2 -iquote core $(filter-out %.h,$^) -o $@ $(LDFLAGS) $(CORE_LIBS) -lpthread
# A request that cost something, as another process of this user stores it; and many requests of an agent.
PROGRAMS += $B/tests/programs/spend $B/tests/programs/grow
$B/tests/programs/spend $B/tests/programs/grow: $B/tests/programs/%: tests/programs/%.c $(CORE_OBJ)
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -O2 -iquote core $(filter-out %.h,$^) -o $@ $(LDFLAGS) $(CORE_LIBS) -lpthread
$B/tests/programs/curl_%: tests/programs/c/curl_%.c
	$(SAY) PROG $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -g -O1 $(WARN) -MMD -MP $< -o $@ -lcurl -lpthread
$B/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(Q)clang -std=c11 -D_GNU_SOURCE -g -O1 -fPIC -MMD -MP -fsanitize=fuzzer-no-link,address,undefined \
	    -fno-sanitize-recover=undefined -iquote core -I. -c $< -o $@
$B/tests/cases/%: tests/fuzz/fuzz_%.c tests/fuzz/cases.c $B/clang/libtest.a
	$(SAY) CASES $@
	@mkdir -p $(@D)
	$(Q)clang $(BASE) -O2 -iquote core -I. $(filter-out %.h,$^) -o $@ $(LDFLAGS) $(CORE_LIBS) -l:libhttp_parser.a
$B/fuzz/libfuzz.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $(FUZZ_OBJ)
$B/tests/fuzz/%: tests/fuzz/%.c $B/fuzz/libfuzz.a
	$(SAY) FUZZ $@
	@mkdir -p $(@D)
	$(Q)clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -iquote core -I. $< \
	    -o $@ $B/fuzz/libfuzz.a $(CORE_LIBS) -l:libhttp_parser.a
programs: $(PROGRAMS)
# Ids and counts against tiktoken's on 205 MB of text, a quarter of an hour; `make test` does the same with 4 MB.
tokens-check: all
	$(Q)HEADROOM_TOKENS_MB=205 tests/programs/run.sh $(abspath $B) tests/programs/test_tokens.py -s

deps:
	$(Q)DRY_RUN=$(DRY_RUN) PYTHON=$(PYTHON) tools/deps.sh $B
demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$B/venv/bin/python tests/programs/demo.py $B
test: deps
	$(Q)$(MAKE) --no-print-directory test-run
# One after the other, so that each has the processors for itself and its output in one piece.
test-run: all $(UNIT) $(UNIT_CLANG)
	$(Q)for part in test-unit test-hygiene test-programs-python test-bench; do $(MAKE) --no-print-directory $$part || exit 1; done
test-unit: $(UNIT) $(UNIT_CLANG)
	$(Q)tests/unit/run.sh $(UNIT) $(UNIT_CLANG)
test-hygiene: all
	$(Q)tests/hygiene.sh $B
test-programs-python: all programs
	$(Q)tests/programs/run.sh $(abspath $B) tests/programs --ignore=tests/programs/fetched
test-programs: deps
	$(Q)tools/fetch-programs.sh $B
	$(Q)$(MAKE) --no-print-directory all programs $B/tests/unit/test_elf_mutations
	$(Q)tests/programs/run.sh $(abspath $B) tests/programs/fetched
$B/tests/bench/token_count: tests/bench/token_count.c $(filter $B/obj/core/token/%,$(CORE_OBJ)) $B/obj/core/base.o
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -iquote core $(filter-out %.h,$^) -o $@
test-bench: all $B/tests/bench/token_count
	$(Q)TIKTOKEN_CACHE_DIR=$(abspath $B/tiktoken) $B/venv/bin/python tests/bench/token_error.py $B/tests/bench/token_count
	$(Q)TIKTOKEN_CACHE_DIR=$(abspath $B/tiktoken) $B/venv/bin/python tests/bench/run_scenarios.py --headroom $B/headroom
	$(Q)TIKTOKEN_CACHE_DIR=$(abspath $B/tiktoken) $B/venv/bin/python tests/bench/run_scenarios.py --headroom $B/headroom --level lossless

# ---------------------------------------------------------------- speed
# tests/bench/bench.py knows the rows and their goals; each program prints what it measured. ROWS=ledger runs one group.
BENCH_SRC  := $(wildcard tests/bench/bench_*.c)
BENCH      := $(BENCH_SRC:tests/bench/%.c=$B/tests/bench/%)
BENCH_OBJ  := $(patsubst %,$B/bench/%.o,measure bodies kinds road simdjson_peer)
BENCH_RUN  := CC="$(CC)" $(PYTHON) tests/bench/bench.py --build $(abspath $B) --rows "$(ROWS)"
$B/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) -iquote core -c $< -o $@
# -march=native: the peer is to have its best.
$B/bench/%.o: tests/bench/%.cc
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O3 -march=native -MMD -MP -c $< -o $@
$B/bench/libcore.a: $(CORE_OBJ) $(filter-out $B/obj/shim/core.o,$(filter $B/obj/shim/%,$(SHIM_OBJ))) $B/obj/hooks/anchors.o
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BENCH): | $(TEST_TOKENS)
$(BENCH): $B/tests/bench/%: tests/bench/%.c $(BENCH_OBJ) $B/bench/libcore.a
	$(SAY) BENCH $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) -iquote core $< -o $@ $(BENCH_OBJ) $B/bench/libcore.a $(LDFLAGS) -Wl,--as-needed -lsimdjson -lstdc++ -lcjson \
	    $(CORE_LIBS) -l:libhttp_parser.a -lssl -lcrypto
# A program with OpenSSL linked in, and what times the connections of others.
$B/tests/bench/linked_write: tests/bench/linked_write.c $B/bench/measure.o
	$(SAY) BENCH $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) -s -no-pie $< -o $@ $B/bench/measure.o -l:libssl.a -l:libcrypto.a -lpthread
$B/tests/bench/connect_timer.so: tests/bench/connect_timer.c
	$(SAY) BENCH $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(OPT) -shared $< -o $@
bench-programs: all $(BENCH) $B/tests/bench/linked_write $B/tests/bench/connect_timer.so
bench: bench-programs
	$(Q)$(BENCH_RUN)
bench-check: bench-programs
	$(Q)$(BENCH_RUN) --check
fuzz: $(FUZZERS) $(CASES)
	$(Q)tests/fuzz/run.sh $(FUZZ_SECONDS) $B $(FUZZERS)
	$(Q)tests/fuzz/run_cases.sh $(FUZZ_CASES) $B $(CASES)
# Core is compiled by clang for the unit tests; of the rest it only says what it thinks.
CLANG_CHECK := clang -fsyntax-only $(filter-out -MMD -MP,$(BASE)) $(OPT)
lint:
	$(Q)$(CLANG_CHECK) $(SHIM_CFLAGS) $(SHIM_SRC)
	$(Q)$(CLANG_CHECK) $(TOOL_SRC)
	$(Q)tests/lint.sh

# ---------------------------------------------------------------- install
INSTALL_LIB := $(DESTDIR)$(PREFIX)/lib
install: all
	$(Q)tools/install.sh install "$(DESTDIR)" "$(PREFIX)" "$(VERSION)" $B
uninstall:
	$(Q)tools/install.sh uninstall "$(DESTDIR)" "$(PREFIX)" "$(VERSION)" $B
clean:
	rm -rf $B

-include $(FUZZ_OBJ:.o=.d) $(CORE_OBJ:.o=.d) $(SHIM_OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(SAN_OBJ:.o=.d) $(CLANG_OBJ:.o=.d) $(UNIT:=.d) $(UNIT_CLANG:=.d) $(PROGRAMS:=.d) $(BENCH_OBJ:.o=.d) $(BENCH:=.d)
