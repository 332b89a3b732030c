# Captures as others read them, and the page as others run it.
.PHONY: check-cross
check-cross: build modules build/tests/cross/records build/tests/cross/record ## captures as tshark, capinfos, tcpdump and tcptrace read them, the page's script as node runs it
	@tests/cross/run.sh
	@tests/cross/tcp.sh
	@tests/cross/page.sh

build/tests/cross/records: tests/cross/records.c $(wildcard user/lib/pcap*.[ch] user/lib/frame*.[ch])
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $(filter %.c,$^) $(shell pkg-config --libs libzstd zlib)

build/tests/cross/record: tests/cross/record.c $(filter build/obj/user/lib/% build/obj/user/scope/%,$(USER_SRC:%.c=build/obj/%.o))
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(USER_CFLAGS) -o $@ $^ $(USER_LIBS)
