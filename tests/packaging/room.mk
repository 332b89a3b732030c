# Packages: built and looked into; in bare systems installed, upgraded, removed and purged.
PACKAGING_TESTS := module_check completion graft package

.PHONY: check-packaging check-packaging-root
check-packaging: build ## the Debian packages and what is in them
	@failed=0; for test in $(PACKAGING_TESTS); do tests/packaging/$$test.sh || failed=1; done; exit $$failed

check-packaging-root: build ## install, upgrade, remove, purge in bare Debian 12 and 13 (needs root and debootstrap)
	@tests/packaging/root.sh
