# The command: build/sluice.
USER_CFLAGS := -D_GNU_SOURCE $(shell pkg-config --cflags libmnl jansson 2>/dev/null)
USER_LIBS := $(shell pkg-config --libs libmnl jansson 2>/dev/null) -lm
USER_OBJ := $(patsubst %.c,build/obj/%.o,$(wildcard user/cli/*.c user/lab/*.c user/lib/*.c user/scope/*.c))

build: build/sluice

build/sluice: $(USER_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(USER_OBJ) $(USER_LIBS)

$(USER_OBJ): build/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

# The page of sluice scope --report lies inside the command.
build/obj/user/scope/report_files.o: $(wildcard user/scope/page/*.* user/scope/page/uplot/*)

-include $(USER_OBJ:.o=.d)
