# bench/: comparisons with peers, each one command.
.PHONY: bench-flows bench-cost bench-cost-profile bench-departure bench-scope
bench-flows: ## instructions per packet of sluice and fq, 1 to 1,000,000 flows (QEMU, 10 min)
	$(Q)bench/flows/run.sh full $(if $(filter 6.1,$(KERNEL)),6.1,newest)

bench-cost: ## instructions per frame of TCP, Sluice and its peers (QEMU, 50 min; FLOWS=100: those rows alone, 10 min)
	$(Q)bench/cost/run.sh $(if $(filter 6.1,$(KERNEL)),6.1,newest) $(FLOWS)

bench-cost-profile: ## where they go, by part and by function (QEMU, 4 min)
	$(Q)bench/cost/profile.sh

bench-departure: ## how late frames reach the driver, Sluice and fq beside a bare timer (QEMU, 6 min)
	$(Q)bench/departure/run.sh $(if $(filter 6.1 6.12,$(KERNEL)),$(KERNEL),newest)

bench-scope: build ## how fast captures are read, with peers (2 min)
	$(Q)bench/scope/run.sh

.PHONY: bench-scope-live
bench-scope-live: build build/bench/scope-live/programs build/bench/scope-live/events ## ns per packet of the scope's live source, and what it loses (needs root)
	$(Q)bench/scope-live/run.sh

build/bench/scope-live/events: bench/scope-live/events.c $(addprefix build/obj/user/,lib/bpf_image.o lib/clock.o lib/probe.o scope/live_bpf_cpu.o scope/live_bpf_load.o scope/live_image.o)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $^ $(USER_LIBS)

build/bench/scope-live/programs: bench/scope-live/programs.c $(addprefix build/obj/user/,lib/bpf_image.o scope/live_bpf_load.o scope/live_image.o)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -D_GNU_SOURCE -o $@ $^ $(USER_LIBS)
