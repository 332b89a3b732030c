#!/bin/sh
# L1 in short, for kernels beside the newest: the same seed gives byte-identical results and captures.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/lab/twice.sh
. tests/lab/twice.sh

twice six sluice seconds=1
twice ipv6 sluice seconds=1 warmup=0
tap_end
