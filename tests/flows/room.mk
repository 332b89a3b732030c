# P10 in instructions: the short form of make bench-flows.
.PHONY: check-flows
check-flows: ## cost per packet: flat in the flows and at most fq's (QEMU)
	@TAP=1 bench/flows/run.sh quick newest
