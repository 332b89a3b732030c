# Captures as others read them.
.PHONY: check-cross
check-cross: build/tests/cross/records ## captures as tshark, capinfos and tcpdump read them (needs tshark)
	@tests/cross/run.sh

build/tests/cross/records: tests/cross/records.c $(wildcard user/lib/pcap*.[ch] user/lib/frame*.[ch])
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $(filter %.c,$^) $(shell pkg-config --libs libzstd zlib)
