#!/bin/sh
# The smallest port buffer that loses nothing: paced at a device rate below the port's, one packet is enough.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

tap_run "device, kernel ${KERNEL:-newest}: the search ends" "$sluice" lab run device --policy sluice --set seconds=1 \
	--smallest-buffer --json "$out/buffer.json"
tap_run "device: the smallest buffer is one packet" grep -q '"b0_closed_loop_pkts": 1,' "$out/buffer.json"
tap_run "device: utilisation against buffer is recorded" test \
	"$(grep -c '"port_buffer_pkts":' "$out/buffer.json")" -gt 10
tap_end
