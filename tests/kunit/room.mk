# KUnit: the qdisc's promises with packets made by hand, on each kernel.
.PHONY: check-kunit
check-kunit: build ## KUnit suites on 6.1 and in the newest debug kernel
	@for kernel in "6.1 plain" "newest debug"; do sh tests/kunit/run.sh $$kernel || exit 1; done
