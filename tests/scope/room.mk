# The scope's live source on this machine's own kernel, in network namespaces: needs root.
SCOPE_TEST_TOOLS := build/tests/scope/live_show build/tests/scope/send build/tests/scope/sandbox

.PHONY: check-scope
check-scope: build $(SCOPE_TEST_TOOLS) build/tests/scope/pace.so ## the scope's live source, in network namespaces (needs root)
	@failed=0; for test in sandbox live transfer; do tests/scope/$$test.sh || failed=1; done; exit $$failed

SCOPE_TEST_OBJ := $(filter build/obj/user/lib/% build/obj/user/scope/%,$(USER_OBJ))
build/tests/scope/live_show: tests/scope/live_show.c $(SCOPE_TEST_OBJ)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -o $@ $^ $(USER_LIBS)
