# The scope's live source on this machine's own kernel, in network namespaces: needs root.
SCOPE_TEST_OUT := build/tests/scope
SCOPE_TEST_TOOLS := $(patsubst %,$(SCOPE_TEST_OUT)/%,live_show sandbox_test source_test records_test edt_test send pace.so step.so bpf_names stamp_wait)
SCOPE_TEST_LIB := $(filter build/obj/user/lib/% build/obj/user/scope/%,$(USER_SRC:%.c=build/obj/%.o))

# The benchmark runs the same programs.
bench-scope-live: $(SCOPE_TEST_TOOLS)

.PHONY: check-scope
check-scope: build $(SCOPE_TEST_TOOLS) build/tests/json-check ## the scope's live source, in network namespaces (needs root)
	@failed=0; for test in $(SCOPE_TEST_OUT)/sandbox_test $(SCOPE_TEST_OUT)/source_test $(SCOPE_TEST_OUT)/records_test $(SCOPE_TEST_OUT)/edt_test tests/scope/live.sh tests/scope/device.sh tests/scope/counters.sh tests/scope/mac_control.sh tests/scope/cpu.sh tests/scope/pair.sh tests/scope/trigger.sh tests/scope/transfer.sh tests/scope/standing.sh; do \
		echo "# $$test"; $$test || failed=1; done; exit $$failed

$(addprefix $(SCOPE_TEST_OUT)/,live_show source_test records_test edt_test): $(SCOPE_TEST_OUT)/%: tests/scope/%.c $(SCOPE_TEST_LIB)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -o $@ $^ $(USER_LIBS)

$(SCOPE_TEST_OUT)/sandbox_test: tests/scope/sandbox_test.c user/lib/sandbox.c user/lib/sandbox.h tests/unit/user_tap.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $(filter %.c,$^) -lm

$(addprefix $(SCOPE_TEST_OUT)/,bpf_names stamp_wait): $(SCOPE_TEST_OUT)/%: tests/scope/%.c bpf/scope_record.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $< $(USER_LIBS)

$(SCOPE_TEST_OUT)/send: tests/scope/send.c user/scope/live_tcx.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $<

$(SCOPE_TEST_OUT)/pace.so $(SCOPE_TEST_OUT)/step.so: $(SCOPE_TEST_OUT)/%.so: tests/scope/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -Wmissing-prototypes,$(CFLAGS_ALL)) -D_GNU_SOURCE -fPIC -shared -o $@ $< -ldl
