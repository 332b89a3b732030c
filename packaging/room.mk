# packaging/: what installs Sluice on a host.
.PHONY: deb
deb: ## Debian packages of the command, the module's source (DKMS) and the lab
	$(Q)packaging/deb.sh
