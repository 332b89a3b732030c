# What reads words and messages from outside, fed with what nobody expected; the same input in every run.
FUZZ_OUT := build/tests/fuzz
FUZZ_TESTS := units_fuzz qdisc_fuzz place_fuzz flow_fuzz
FUZZ_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(shell pkg-config --cflags libmnl jansson 2>/dev/null)
FUZZ_LIB := user/cli/out.c user/cli/out_flow.c user/cli/out_share.c user/lib/bound.c user/lib/clock.c user/lib/conf.c user/lib/dumped.c user/lib/edt.c user/lib/edt_noload.c user/lib/flow.c user/lib/fq.c user/lib/link.c \
	user/lib/module.c user/lib/netlink.c user/lib/option.c user/lib/owner.c user/lib/owner_files.c user/lib/place.c user/lib/plan.c \
	user/lib/clsact.c user/lib/probe.c user/lib/program.c user/lib/qdisc.c user/lib/restore.c user/lib/share.c user/lib/socket.c \
	user/lib/stat.c user/lib/state.c user/lib/state_text.c user/lib/tree.c user/lib/units.c
FUZZ_HEADERS := $(wildcard core/*.h user/cli/*.h user/lib/*.h kernel/uapi/*.h tests/unit/*.h tests/fuzz/*.h)

# The doctor has a host of its own in place of netlink.c and probe.c.
FUZZ_DOCTOR_LIB := $(wildcard user/lib/doctor*.c) user/lib/gap.c user/lib/lapse.c user/lib/launch.c user/lib/signature.c user/lib/pcap_xz.c user/lib/pcap_library.c \
	$(filter-out user/cli/% user/lib/netlink.c user/lib/probe.c user/lib/restore.c user/lib/stat.c,$(FUZZ_LIB)) \
	tests/unit/fake_host.c tests/unit/fake_kernel.c

# Captures: the promises of pcap_target.c, also for fuzzers that take their time.
FUZZ_PCAP_SRC := tests/fuzz/pcap_target.c $(wildcard user/lib/pcap*.c user/lib/frame*.c) user/lib/flows.c
FUZZ_PCAP_LIBS := $(shell pkg-config --libs libzstd zlib 2>/dev/null)
FUZZ_SECONDS ?= 60

.PHONY: check-fuzz fuzz-pcap fuzz-scope
check-fuzz: $(FUZZ_TESTS:%=$(FUZZ_OUT)/%) $(FUZZ_OUT)/doctor_fuzz $(FUZZ_OUT)/pcap_fuzz
	@for test in $^; do echo "# $$test"; $$test || exit 1; done

$(FUZZ_TESTS:%=$(FUZZ_OUT)/%): $(FUZZ_OUT)/%: tests/fuzz/%.c $(FUZZ_LIB) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) $(shell pkg-config --libs libmnl jansson 2>/dev/null) -lm

$(FUZZ_OUT)/doctor_fuzz: tests/fuzz/doctor_fuzz.c $(FUZZ_DOCTOR_LIB) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) $(shell pkg-config --libs libmnl libzstd 2>/dev/null)

$(FUZZ_OUT)/pcap_fuzz: tests/fuzz/pcap_fuzz.c $(FUZZ_PCAP_SRC) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) $(FUZZ_PCAP_LIBS)

# What it finds worth keeping goes to build/, what breaks a promise beside it.
fuzz-pcap: $(FUZZ_OUT)/pcap_libfuzzer ## libFuzzer on captures (needs clang; FUZZ_SECONDS=60)
	@mkdir -p $(FUZZ_OUT)/pcap
	$(FUZZ_OUT)/pcap_libfuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=$(FUZZ_OUT)/ \
		$(FUZZ_OUT)/pcap tests/fuzz/corpus/pcap

$(FUZZ_OUT)/pcap_libfuzzer: $(FUZZ_PCAP_SRC) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $(filter %.c,$^) $(FUZZ_PCAP_LIBS)

check-fuzz: $(FUZZ_OUT)/burst_fuzz $(FUZZ_OUT)/scope_fuzz

# The same captures through all of the scope.
FUZZ_SCOPE_SRC := tests/fuzz/scope_target.c $(filter-out tests/fuzz/pcap_target.c,$(FUZZ_PCAP_SRC)) user/lib/filter.c \
	$(addprefix user/lib/,aligned.c batch.c commanded.c metrics.c metrics_json.c flow_json.c phase.c quantile.c recent.c spectrum.c swing.c train.c units.c window.c) \
	$(addprefix user/scope/,fair.c cpu.c copies.c figure.c figure_cpu.c file.c flows.c flows_bytes.c flows_figure.c flows_pkts.c flows_table.c flows_tcp.c join.c scope.c scope_json.c scope_json_cpu.c scope_json_flows.c scope_json_part.c scope_json_rate.c sent.c stamp_step.c standing.c sums.c) user/cli/out_scope.c user/cli/out_scope_cpu.c user/cli/out_scope_join.c

FUZZ_SCOPE_LIBS := $(shell pkg-config --libs jansson libzstd zlib 2>/dev/null) -lm

$(FUZZ_OUT)/scope_fuzz: tests/fuzz/pcap_fuzz.c $(FUZZ_SCOPE_SRC) $(FUZZ_HEADERS) $(wildcard user/scope/*.h)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -DROUNDS=600 -o $@ $(filter %.c,$^) $(FUZZ_SCOPE_LIBS)

fuzz-scope: $(FUZZ_OUT)/scope_libfuzzer ## libFuzzer on the scope (needs clang; FUZZ_SECONDS=60)
	@mkdir -p $(FUZZ_OUT)/scope
	$(FUZZ_OUT)/scope_libfuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=$(FUZZ_OUT)/scope- \
		$(FUZZ_OUT)/scope tests/fuzz/corpus/pcap

$(FUZZ_OUT)/scope_libfuzzer: $(FUZZ_SCOPE_SRC) $(FUZZ_HEADERS) $(wildcard user/scope/*.h)
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $(filter %.c,$^) $(FUZZ_SCOPE_LIBS)

FUZZ_BURST_LIB := user/scope/burst_arrivals.c user/scope/burst_judge.c user/scope/burst_packet.c user/scope/burst_receiver.c user/lib/units.c

$(FUZZ_OUT)/burst_fuzz: tests/fuzz/burst_fuzz.c $(FUZZ_BURST_LIB) $(FUZZ_HEADERS) $(wildcard user/scope/burst*.h)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^)
