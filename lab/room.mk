# lab/: the machines.

# --- lab/uml: kernels, and what a guest starts with

LAB_UML := build/lab/init build/lab/seed.so
build: $(LAB_UML)

build/lab/init: lab/uml/init.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -static $(LDFLAGS) -o $@ $<

build/lab/seed.so: lab/uml/seed.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -fPIC $(LDFLAGS) -shared -o $@ $<

.PHONY: kernel kernel-6.1 kernel-6.12 kernel-debug update-kernels modules demo demo-run check-all check-lint check-fresh lint measure
kernel: ## build the lab's kernel of version KERNEL (kept in the cache)
	$(Q)lab/uml/kernel.sh build $(KERNEL) >/dev/null

kernel-6.1 kernel-6.12: kernel-%:
	$(Q)lab/uml/kernel.sh build $* >/dev/null

kernel-debug:
	$(Q)lab/uml/kernel.sh build $(KERNEL) debug >/dev/null

update-kernels: ## ask the mirror which kernel is the newest now
	$(Q)lab/uml/kernel.sh update

modules: ## build Sluice's modules for the lab's kernel
	$(Q)lab/uml/kernel.sh modules $(KERNEL) >/dev/null

demo: ## what ./demo does, without installing packages
	$(Q)lab/demo.sh

demo-run: all modules
	@mkdir -p build/demo
	$(Q)build/sluice lab run six --kernel $(KERNEL) --json build/demo/six.json --report build/demo/six.html
	@echo "report: $(CURDIR)/build/demo/six.html"

# Rooms of ./check. What one needs runs side by side, and so do rooms: make hands out the processors. What a room says goes to files.
.PHONY: check-host check-machines
room-check-%:
	+@MAKE='$(MAKE)' sh tests/room.sh check-$*

check-host: check-packaging check-unit check-lint check-cli
check-machines: check-qemu-short check-flows check-kunit

check-all: ## what ./check does, without installing packages
	$(Q)sh tests/rooms.sh

lint: check-lint ## shellcheck, cppcheck, checkpatch, folder rules
check-lint:
	$(Q)sh tests/lint.sh

measure: all modules ## run again what README and docs/measured.md claim (about 14 minutes)
	$(Q)sh lab/measure.sh

check-fresh: ## ./demo and ./check in a bare Debian 12 root (needs root and debootstrap)
	$(Q)sh lab/fresh.sh
