# Tests in virtual time, on the newest and on the oldest kernel, and of the scenario parser. What the lab itself promises is tested
# whole on the newest; on the oldest, that runs there repeat.
LAB_TESTS := determinism@newest six@newest six@6.1 promises@newest promises@6.1 repeat@6.1 buffer@newest loss@newest
LAB_TEST_KERNELS := newest 6.1

.PHONY: check-lab check-cli-lab check-lab-clean $(LAB_TEST_KERNELS:%=lab-modules-%) $(LAB_TESTS:%=check-lab-%)
check-lab: check-lab-clean $(LAB_TESTS:%=check-lab-%) ## scenarios in virtual time

check-lab-clean: build build/tests/json-check
	@tests/lab/clean.sh

# Not while the test above looks for what a run leaves behind.
$(LAB_TEST_KERNELS:%=lab-modules-%): lab-modules-%: check-lab-clean
	@lab/uml/kernel.sh modules $* >/dev/null

$(LAB_TESTS:%=check-lab-%): check-lab-%: $(LAB_TEST_KERNELS:%=lab-modules-%)
	@KERNEL=$(lastword $(subst @, ,$*)) tests/lab/$(firstword $(subst @, ,$*)).sh

# What the parser of scenarios refuses, and how it says so.
check-cli: check-cli-lab
check-cli-lab: build build/tests/fuzz/scenario_fuzz build/tests/no-fork.so
	@tests/cli/lab_errors.sh
	@tests/cli/kernels.sh
	@tests/cli/measure.sh
	@build/tests/fuzz/scenario_fuzz

SCENARIO_FUZZ_SRC := tests/fuzz/scenario_fuzz.c $(wildcard user/lab/scenario*.c) user/lab/fields.c user/lab/plan.c \
	user/lab/plan_flows.c user/lib/units.c
build/tests/fuzz/scenario_fuzz: $(SCENARIO_FUZZ_SRC) $(wildcard user/lab/*.h user/lib/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ \
		$(SCENARIO_FUZZ_SRC) $(shell pkg-config --libs jansson 2>/dev/null) -lm

build/tests/no-fork.so: tests/cli/no_fork.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -fPIC -shared -o $@ $<
