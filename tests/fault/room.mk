# Fault tests: bad input, failing allocations, things that vanish under load; in guests, most in the debug kernel.
FAULT_OUT := build/tests/fault
FAULT_SRC := $(wildcard tests/fault/*.c)
FAULT_OBJ := $(FAULT_SRC:tests/fault/%.c=$(FAULT_OUT)/obj/%.o)
FAULT_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Wshadow -MMD -MP \
	$(shell pkg-config --cflags libmnl 2>/dev/null)

.PHONY: check-fault
check-fault: $(FAULT_OUT)/fault $(FAULT_OUT)/preload.so build ## bad input and failing parts, in the debug kernel
	@sh tests/fault/run.sh

$(FAULT_OUT)/fault: $(FAULT_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libmnl 2>/dev/null)

$(FAULT_OUT)/preload.so: tests/fault/preload/preload.c
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(FAULT_CFLAGS)) -fPIC -shared -o $@ $< -ldl

$(FAULT_OBJ): $(FAULT_OUT)/obj/%.o: tests/fault/%.c
	@mkdir -p $(@D)
	$(CC) $(FAULT_CFLAGS) -c -o $@ $<

-include $(FAULT_OBJ:.o=.d)
