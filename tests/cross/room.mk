# Captures as others read them.
.PHONY: check-cross
check-cross: build modules build/tests/cross/records ## captures as tshark, capinfos, tcpdump and tcptrace read them
	@tests/cross/run.sh
	@tests/cross/tcp.sh

build/tests/cross/records: tests/cross/records.c $(wildcard user/lib/pcap*.[ch] user/lib/frame*.[ch])
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $(filter %.c,$^) $(shell pkg-config --libs libzstd zlib)
