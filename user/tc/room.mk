# tc's plugin: build/tc/q_sluice.so. It is found with TC_LIB_DIR=build/tc, or in tc's own library directory.
TC_OBJ := $(patsubst %.c,build/obj/pic/%.o,user/tc/q_sluice.c user/lib/option.c user/lib/units.c user/lib/fq.c user/lib/qdisc.c \
	user/lib/netlink.c user/lib/stat.c user/lib/share.c user/lib/clock.c user/lib/link.c user/lib/probe.c)

build: build/tc/q_sluice.so

# tc resolves what the plugin takes of it when it loads it, so undefined names are allowed.
build/tc/q_sluice.so: $(TC_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -shared -o $@ $(TC_OBJ) $(shell pkg-config --libs libmnl 2>/dev/null)

$(TC_OBJ): build/obj/pic/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -fPIC -fvisibility=hidden -MMD -MP -c -o $@ $<

-include $(TC_OBJ:.o=.d)
