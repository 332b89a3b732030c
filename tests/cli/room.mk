# Tests of the command line: recorded output, exit codes, JSON, man pages.
CLI_TEST_OUT := build/tests
CLI_TEST_CFLAGS := -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(shell pkg-config --cflags libmnl jansson 2>/dev/null)
CLI_TEST_LIBS := $(shell pkg-config --libs libmnl jansson 2>/dev/null)
CLI_TEST_LIB := user/cli/device_filter.c user/cli/out.c user/cli/out_flow.c user/cli/out_lapse.c user/cli/out_metrics.c user/cli/out_share.c user/lib/bound.c user/lib/clock.c user/lib/clsact.c user/lib/edt.c user/lib/edt_noload.c user/lib/flow.c user/lib/fq.c user/lib/gap.c user/lib/lapse.c user/lib/link.c user/lib/module.c \
	user/lib/netlink.c user/lib/option.c user/lib/place.c user/lib/probe.c user/lib/program.c user/lib/qdisc.c user/lib/share.c user/lib/socket.c user/lib/stand_in.c user/lib/stat.c user/lib/state.c user/lib/state_text.c user/lib/tree.c \
	user/lib/units.c
CLI_TEST_VERIFY := $(CLI_TEST_LIB) user/cli/out_verify.c user/cli/out_verify_json.c user/lib/interval.c \
	user/lib/seen.c user/lib/verdict.c user/lib/verdict_text.c user/lib/metrics.c user/lib/metrics_json.c user/lib/flow_json.c \
	user/lib/quantile.c user/lib/window.c user/lib/batch.c user/lib/recent.c user/lib/train.c user/lib/aligned.c user/lib/spectrum.c user/lib/swing.c user/lib/flows.c $(wildcard user/lib/frame*.c)
CLI_TEST_HEADERS := $(wildcard user/cli/*.h user/lib/*.h kernel/uapi/*.h tests/unit/*.h)

CLI_TEST_TOOLS := json-check show-sample metrics-check verify-sample view-sample

.PHONY: check-cli
check-cli: build/sluice $(CLI_TEST_TOOLS:%=$(CLI_TEST_OUT)/%) ## recorded output, exit codes, JSON, man pages
	@tests/cli/run.sh
	@tests/cli/docs.sh
	@tests/cli/share.sh
	@tests/cli/follow.sh
	@tests/cli/odd.sh
	@tests/cli/metrics.sh
	@tests/cli/scope_report.sh
	@tests/cli/scope_capture.sh
	@tests/scope/burst_path.sh

$(CLI_TEST_OUT)/json-check: tests/cli/json_check.c
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_CFLAGS) -o $@ $< $(CLI_TEST_LIBS)

$(CLI_TEST_OUT)/metrics-check: tests/cli/metrics_check.c
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_CFLAGS) -o $@ $< -lm

$(CLI_TEST_OUT)/show-sample: tests/cli/show_sample.c $(CLI_TEST_LIB) $(CLI_TEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_CFLAGS) -o $@ $(filter %.c,$^) $(CLI_TEST_LIBS)

$(CLI_TEST_OUT)/verify-sample: tests/cli/verify_sample.c $(CLI_TEST_VERIFY) $(CLI_TEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_CFLAGS) -o $@ $(filter %.c,$^) $(CLI_TEST_LIBS) -lm

# The names of stamps are in scope.c, which needs the meter.
CLI_TEST_VIEW := user/scope/view.c user/scope/pair_view.c user/scope/view_lane.c user/scope/view_holes.c user/scope/canvas.c user/scope/slots.c user/scope/scope.c user/scope/flows.c user/scope/flows_bytes.c user/scope/flows_figure.c user/scope/flows_pkts.c user/scope/flows_table.c user/scope/flows_tcp.c user/scope/sent.c user/scope/standing.c user/scope/fair.c user/lib/units.c user/lib/metrics.c \
	user/lib/quantile.c user/lib/commanded.c user/lib/phase.c user/lib/window.c user/lib/batch.c user/lib/recent.c user/lib/train.c user/lib/aligned.c user/lib/spectrum.c user/lib/swing.c \
	user/lib/flows.c $(wildcard user/lib/frame*.c)

$(CLI_TEST_OUT)/view-sample: tests/cli/view_sample.c $(CLI_TEST_VIEW) $(CLI_TEST_HEADERS) $(wildcard user/scope/*.h)
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_CFLAGS) -o $@ $(filter %.c,$^) -lm
