# Tests in virtual time, each on the newest and on the oldest kernel, and of the scenario parser.
LAB_TESTS := tests/lab/determinism.sh tests/lab/six.sh tests/lab/promises.sh tests/lab/buffer.sh
LAB_TEST_KERNELS := newest 6.1

.PHONY: check-lab check-cli-lab
check-lab: build ## scenarios in virtual time
	@failed=0; tests/lab/clean.sh || failed=1; \
	for kernel in $(LAB_TEST_KERNELS); do \
		lab/uml/kernel.sh modules $$kernel >/dev/null || failed=1; \
		for test in $(LAB_TESTS); do KERNEL=$$kernel $$test || failed=1; done; \
	done; exit $$failed

# What the parser of scenarios refuses, and how it says so.
check-cli: check-cli-lab
check-cli-lab: build build/tests/fuzz/scenario_fuzz
	@tests/cli/lab_errors.sh
	@build/tests/fuzz/scenario_fuzz

SCENARIO_FUZZ_SRC := tests/fuzz/scenario_fuzz.c $(wildcard user/lab/scenario*.c) user/lab/fields.c user/lab/plan.c \
	user/lab/plan_flows.c user/lib/units.c
build/tests/fuzz/scenario_fuzz: $(SCENARIO_FUZZ_SRC) $(wildcard user/lab/*.h user/lib/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ \
		$(SCENARIO_FUZZ_SRC) $(shell pkg-config --libs jansson 2>/dev/null) -lm
