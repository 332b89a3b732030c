# Unit tests of the host programs: each built with sanitizers, run one by one.
UNIT_USER_TESTS := user_metrics_test user_commanded_test user_pcap_test user_pcapng_test user_pcapng_dropped_test user_packed_test user_frame_test user_flows_test user_filter_test \
	user_analyse_test user_report_test user_scope_test user_scope_tcp_test user_scope_known_test user_standing_test user_live_test user_record_test user_view_holes_test user_batch_test user_join_test user_cpu_test user_cost_test user_compare_test user_file_test
UNIT_USER_OUT := build/tests/unit
UNIT_USER_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	$(shell pkg-config --cflags jansson libmnl)
UNIT_USER_LIB := user/lib/metrics.c user/lib/metrics_json.c user/lib/flow_json.c user/lib/quantile.c \
	user/lib/commanded.c user/lib/phase.c user/lib/window.c user/lib/batch.c user/lib/recent.c user/lib/train.c user/lib/aligned.c user/lib/spectrum.c user/lib/swing.c user/lib/filter.c user/lib/flows.c \
	user/scope/scope.c user/scope/file.c user/scope/copies.c user/scope/flows.c user/scope/flows_bytes.c user/scope/flows_figure.c user/scope/flows_pkts.c user/scope/flows_table.c user/scope/flows_tcp.c user/scope/sent.c user/scope/stamp_step.c user/scope/standing.c user/scope/fair.c user/scope/sums.c user/scope/figure.c user/scope/figure_cpu.c user/scope/cpu.c user/scope/cpu_reader.c user/scope/cpu_slots.c user/scope/join.c $(wildcard user/scope/scope_json*.c) \
	user/cli/compare.c user/cli/out_cost.c user/lib/sample.c user/scope/slots.c user/scope/view_holes.c user/scope/view_lane.c user/scope/canvas.c user/scope/pair_viewer.c user/scope/host.c user/scope/pcapng_write.c $(wildcard user/scope/record*.c) user/lib/units.c \
	$(wildcard user/lib/pcap*.c user/lib/frame*.c user/lib/svg*.c) \
	user/lab/analyse.c user/lab/analyse_json.c user/lab/delivered.c user/lab/fields.c user/lab/replay.c \
	$(wildcard user/lab/summary.c user/lab/table.c user/lab/report*.c) \
	tests/unit/user_synthetic.c
UNIT_USER_OBJ := $(UNIT_USER_LIB:%.c=$(UNIT_USER_OUT)/%.o)

.PHONY: check-unit-user
check-unit-user: $(UNIT_USER_TESTS:%=$(UNIT_USER_OUT)/%) ## unit tests of the host programs
	@for test in $^; do echo "# $$test"; $$test || exit 1; done

$(UNIT_USER_TESTS:%=$(UNIT_USER_OUT)/%): %: %.o $(UNIT_USER_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs jansson liblzma libzstd zlib) -lm

$(UNIT_USER_TESTS:%=$(UNIT_USER_OUT)/%.o): $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

$(UNIT_USER_OBJ): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

# The same as on a machine without wide registers.
check-unit-user: $(UNIT_USER_OUT)/user_batch_plain_test

$(UNIT_USER_OUT)/user_batch_plain_test: tests/unit/user_batch_test.c tests/unit/user_synthetic.c \
		$(addprefix user/lib/,aligned.c batch.c commanded.c flows.c metrics.c phase.c quantile.c recent.c spectrum.c swing.c train.c window.c) \
		$(addprefix user/scope/,fair.c flows.c flows_figure.c flows_pkts.c flows_table.c flows_tcp.c scope.c sent.c standing.c)
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(UNIT_USER_CFLAGS)) -DSLUICE_NARROW -o $@ $^ -lm

# What puts qdiscs in their place and takes them away again: with a kernel made of trees, and with a list of devices.
UNIT_PLACE_LIB := user/lib/bound.c user/lib/clsact.c user/lib/dumped.c user/lib/edt.c user/lib/edt_noload.c user/lib/fq.c user/lib/link.c user/lib/option.c user/lib/owner.c user/lib/owner_files.c \
	user/lib/clock.c user/lib/place.c user/lib/plan.c user/lib/probe.c user/lib/program.c user/lib/qdisc.c user/lib/restore.c user/lib/share.c user/lib/state.c \
	user/lib/state_text.c user/lib/tree.c user/lib/units.c \
	tests/unit/fake_kernel.c
UNIT_PLACE_OBJ := $(UNIT_PLACE_LIB:%.c=$(UNIT_USER_OUT)/%.o)
UNIT_PLACE_TESTS := user_restore_test user_place_test user_state_test user_fq_test

check-unit-user: $(UNIT_PLACE_TESTS:%=$(UNIT_USER_OUT)/%)

$(UNIT_PLACE_TESTS:%=$(UNIT_USER_OUT)/%): %: %.o $(UNIT_PLACE_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs libmnl)

$(UNIT_PLACE_TESTS:%=$(UNIT_USER_OUT)/%.o): $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

$(filter-out $(UNIT_USER_OBJ),$(UNIT_PLACE_OBJ)): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

# Expected numbers of the lab.
UNIT_EXPECT_LIB := $(wildcard user/lab/scenario*.c) user/lab/fields.c user/lab/results.c user/lib/units.c user/lib/whole.c
UNIT_EXPECT_OBJ := $(UNIT_EXPECT_LIB:%.c=$(UNIT_USER_OUT)/%.o)

check-unit-user: $(UNIT_USER_OUT)/user_expect_test

$(UNIT_USER_OUT)/user_expect_test: %: %.o $(UNIT_EXPECT_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs jansson)

$(UNIT_USER_OUT)/user_expect_test.o: $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

$(filter-out $(UNIT_USER_OBJ),$(UNIT_EXPECT_OBJ)): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

-include $(UNIT_USER_OUT)/user_expect_test.d $(UNIT_EXPECT_OBJ:.o=.d)

# Long answers of the kernel, on a socket made of messages.
UNIT_NETLINK_LIB := user/lib/clock.c user/lib/netlink.c user/lib/fq.c user/lib/link.c user/lib/option.c user/lib/probe.c user/lib/qdisc.c user/lib/tree.c user/lib/units.c
UNIT_NETLINK_OBJ := $(UNIT_NETLINK_LIB:%.c=$(UNIT_USER_OUT)/%.o)

check-unit-user: $(UNIT_USER_OUT)/user_netlink_test

$(UNIT_USER_OUT)/user_netlink_test: %: %.o $(UNIT_NETLINK_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs libmnl)

$(UNIT_USER_OUT)/user_netlink_test.o: $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

-include $(UNIT_USER_OUT)/user_netlink_test.d

# What verify says of what it measured.
UNIT_VERIFY_LIB := user/lib/interval.c user/lib/bound.c user/lib/clsact.c user/lib/edt.c user/lib/edt_noload.c user/lib/fq.c user/lib/program.c user/lib/place.c user/lib/share.c user/lib/stand_in.c user/lib/state.c user/lib/state_text.c user/lib/tree.c user/lib/seen.c user/lib/verdict.c user/lib/verdict_text.c user/lib/clock.c user/lib/link.c user/lib/probe.c \
	user/lib/netlink.c user/lib/option.c user/lib/qdisc.c user/lib/stat.c user/lib/units.c user/lib/metrics.c \
	user/lib/quantile.c user/lib/commanded.c user/lib/phase.c user/lib/window.c user/lib/batch.c user/lib/recent.c user/lib/train.c user/lib/aligned.c user/lib/spectrum.c user/lib/swing.c user/lib/flows.c \
	$(wildcard user/lib/frame*.c)
UNIT_VERIFY_OBJ := $(UNIT_VERIFY_LIB:%.c=$(UNIT_USER_OUT)/%.o)
UNIT_VERIFY_TESTS := user_verdict_test user_interval_test

check-unit-user: $(UNIT_VERIFY_TESTS:%=$(UNIT_USER_OUT)/%)

$(UNIT_VERIFY_TESTS:%=$(UNIT_USER_OUT)/%): %: %.o $(UNIT_VERIFY_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs libmnl) -lm

$(UNIT_VERIFY_TESTS:%=$(UNIT_USER_OUT)/%.o): $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

# Those that no other list has a rule for.
$(filter-out $(UNIT_USER_OBJ) $(UNIT_PLACE_OBJ),$(UNIT_VERIFY_OBJ)): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

# The doctor, with a host made of files and answers.
UNIT_DOCTOR_LIB := $(wildcard user/lib/doctor*.c) user/lib/conf.c user/lib/gap.c user/lib/lapse.c user/lib/launch.c user/lib/module.c user/lib/program.c user/lib/signature.c \
	user/lib/pcap_xz.c user/lib/pcap_library.c tests/unit/fake_host.c \
	$(filter-out user/lib/probe.c user/lib/program.c user/lib/restore.c,$(UNIT_PLACE_LIB))
UNIT_DOCTOR_OBJ := $(UNIT_DOCTOR_LIB:%.c=$(UNIT_USER_OUT)/%.o)
UNIT_DOCTOR_TESTS := user_share_test user_doctor_test user_doctor_device_test user_doctor_gap_test user_signature_test

check-unit-user: $(UNIT_DOCTOR_TESTS:%=$(UNIT_USER_OUT)/%)

$(UNIT_DOCTOR_TESTS:%=$(UNIT_USER_OUT)/%): %: %.o $(UNIT_DOCTOR_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs libmnl liblzma libzstd)

$(UNIT_DOCTOR_TESTS:%=$(UNIT_USER_OUT)/%.o): $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

# Those that no other list has a rule for.
$(filter-out $(UNIT_USER_OBJ) $(UNIT_PLACE_OBJ) $(UNIT_VERIFY_OBJ),$(UNIT_DOCTOR_OBJ)): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

# Burst tests: what is searched, said and judged, and the sockets on loopback.
UNIT_BURST_LIB := user/scope/burst_advice.c user/scope/burst_arrivals.c user/scope/burst_judge.c user/scope/burst_packet.c \
	user/scope/burst_receiver.c user/scope/burst_search.c user/scope/burst_socket.c
UNIT_BURST_OBJ := $(UNIT_BURST_LIB:%.c=$(UNIT_USER_OUT)/%.o)
UNIT_BURST_TESTS := user_burst_test user_burst_advice_test

check-unit-user: $(UNIT_BURST_TESTS:%=$(UNIT_USER_OUT)/%)

$(UNIT_BURST_TESTS:%=$(UNIT_USER_OUT)/%): %: %.o $(UNIT_BURST_OBJ) $(UNIT_USER_OUT)/user/lib/units.o
	$(CC) -fsanitize=address,undefined -o $@ $^ -lm

$(UNIT_BURST_TESTS:%=$(UNIT_USER_OUT)/%.o): $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

$(UNIT_BURST_OBJ): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

-include $(UNIT_BURST_OBJ:.o=.d) $(UNIT_BURST_TESTS:%=$(UNIT_USER_OUT)/%.d)
# Files that are replaced whole.
check-unit-user: $(UNIT_USER_OUT)/user_whole_test

$(UNIT_USER_OUT)/user_whole_test: tests/unit/user_whole_test.c user/lib/whole.c user/lib/whole.h tests/unit/user_tap.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(UNIT_USER_CFLAGS)) -o $@ $(filter %.c,$^) -lm

# Stamps of the NIC, with one that is made of answers.
UNIT_STAMPS_LIB := user/lib/clock.c user/scope/keeper.c user/scope/live_clock.c user/scope/live_hardware.c user/scope/live_order.c user/scope/live_stamps.c user/scope/stamps_share.c
UNIT_STAMPS_OBJ := $(UNIT_STAMPS_LIB:%.c=$(UNIT_USER_OUT)/%.o)

check-unit-user: $(UNIT_USER_OUT)/user_stamps_test

$(UNIT_USER_OUT)/user_stamps_test: %: %.o $(UNIT_STAMPS_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^

$(UNIT_USER_OUT)/user_stamps_test.o: $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

$(filter-out $(UNIT_PLACE_OBJ),$(UNIT_STAMPS_OBJ)): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

-include $(UNIT_STAMPS_OBJ:.o=.d) $(UNIT_USER_OUT)/user_stamps_test.d
# The scope's page. Its style and script lie inside the object.
UNIT_PAGE_LIB := $(wildcard user/scope/report*.c) user/lib/whole.c \
	user/cli/out_scope.c user/cli/out_scope_cpu.c user/cli/out_scope_join.c user/cli/out_scope_metrics.c
UNIT_PAGE_OBJ := $(UNIT_PAGE_LIB:%.c=$(UNIT_USER_OUT)/%.o)
UNIT_PAGE_TESTS := user_scope_report_test user_scope_seen_test user_mac_control_test

check-unit-user: $(UNIT_PAGE_TESTS:%=$(UNIT_USER_OUT)/%)

$(UNIT_USER_OUT)/user_scope_report_test: $(filter-out $(UNIT_USER_OUT)/user/cli/%,$(UNIT_PAGE_OBJ))
$(UNIT_USER_OUT)/user_scope_seen_test $(UNIT_USER_OUT)/user_mac_control_test: $(UNIT_PAGE_OBJ)

$(UNIT_PAGE_TESTS:%=$(UNIT_USER_OUT)/%): %: %.o $(UNIT_USER_OBJ)
	$(CC) -fsanitize=address,undefined -o $@ $^ $(shell pkg-config --libs jansson liblzma libzstd zlib) -lm

$(UNIT_PAGE_TESTS:%=$(UNIT_USER_OUT)/%.o): $(UNIT_USER_OUT)/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

$(UNIT_USER_OUT)/user/scope/report_files.o: $(wildcard user/scope/page/*.* user/scope/page/uplot/*)

$(filter-out $(UNIT_EXPECT_OBJ),$(UNIT_PAGE_OBJ)): $(UNIT_USER_OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_USER_CFLAGS) -c -o $@ $<

-include $(UNIT_PAGE_OBJ:.o=.d) $(UNIT_PAGE_TESTS:%=$(UNIT_USER_OUT)/%.d)
-include $(UNIT_USER_OBJ:.o=.d) $(UNIT_USER_TESTS:%=$(UNIT_USER_OUT)/%.d)
-include $(UNIT_PLACE_OBJ:.o=.d) $(UNIT_PLACE_TESTS:%=$(UNIT_USER_OUT)/%.d)
-include $(UNIT_VERIFY_OBJ:.o=.d) $(UNIT_VERIFY_TESTS:%=$(UNIT_USER_OUT)/%.d)
-include $(UNIT_DOCTOR_OBJ:.o=.d) $(UNIT_DOCTOR_TESTS:%=$(UNIT_USER_OUT)/%.d)

# The arithmetic of core/: vectors shared with KUnit, and properties against exact or slow references.
UNIT_CORE_TESTS := core_vectors_test core_clock_test core_gap_test core_wheel_test core_codel_test core_path_test core_smooth_test
UNIT_CORE_OUT := build/tests/unit
UNIT_CORE_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow \
	-fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: check-unit check-unit-core
check-unit: check-unit-core check-unit-user check-fuzz ## unit tests and fuzzing on the host, with sanitizers

check-unit-core: $(UNIT_CORE_TESTS:%=$(UNIT_CORE_OUT)/%)
	@for test in $^; do echo "# $$test"; $$test || exit 1; done

$(UNIT_CORE_TESTS:%=$(UNIT_CORE_OUT)/%): $(UNIT_CORE_OUT)/%: tests/unit/%.c $(wildcard core/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CORE_CFLAGS) -o $@ $< -lm
