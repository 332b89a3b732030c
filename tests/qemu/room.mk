# Sluice on Debian's own kernels, with drivers of real NICs, in an emulated machine.
QEMU_TEST_TOOLS := build/tests/qemu/wire build/tests/qemu/place build/tests/qemu/beat build/tests/qemu/transfer build/tests/qemu/pause build/tests/scope/send build/tests/scope/live_show build/tests/scope/bpf_names build/tests/scope/records_test build/tests/scope/edt_test
# The one that takes longest first.
QEMU_KERNELS := 6.1 newest 6.12

.PHONY: $(QEMU_KERNELS:%=qemu-full-%) $(QEMU_KERNELS:%=secure-boot-%) check-qemu check-qemu-short check-secure-boot qemu-kernel qemu-kernels
# One after the other: beside another one its processors stop for longer, and timers are late by more than the wire may show.
check-qemu: build qemu-kernels $(QEMU_TEST_TOOLS) ## stock kernels, NIC drivers and virtual devices, Secure Boot of one (QEMU, 40 min)
	@$(MAKE) -s --no-print-directory -k -j1 $(QEMU_KERNELS:%=qemu-full-%) secure-boot-newest

$(QEMU_KERNELS:%=qemu-full-%): qemu-full-%:
	@sh tests/qemu/run.sh $* full

check-qemu-short: build qemu-kernel $(QEMU_TEST_TOOLS) ## the newest stock kernel, three drivers, all virtual devices (QEMU)
	@sh tests/qemu/run.sh newest short

check-secure-boot: build qemu-kernels build/tests/qemu/transfer build/tests/qemu/pause ## signed and unsigned modules on firmware with Secure Boot, three kernels (QEMU, 5 min)
	@$(MAKE) -s --no-print-directory -k -j1 $(QEMU_KERNELS:%=secure-boot-%)

$(QEMU_KERNELS:%=secure-boot-%): secure-boot-%:
	@sh tests/qemu/secure-boot.sh $*

qemu-kernel:
	@bench/flows/stock.sh newest generic >/dev/null

qemu-kernels: qemu-kernel
	@for kernel in $(filter-out newest,$(QEMU_KERNELS)); do bench/flows/stock.sh $$kernel generic >/dev/null || exit; done

build/tests/qemu/wire build/tests/qemu/place: build/tests/qemu/%: tests/qemu/%.c $(wildcard user/lib/pcap*.[ch] user/lib/frame*.[ch])
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $(filter %.c,$^) $(shell pkg-config --libs libzstd zlib)

build/tests/qemu/beat build/tests/qemu/transfer build/tests/qemu/pause: build/tests/qemu/%: tests/qemu/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -static -o $@ $<
