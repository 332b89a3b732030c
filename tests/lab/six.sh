#!/bin/sh
# Six senders into one shallow port: the peers give the numbers that were measured before Sluice, Sluice gives what it promises.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

# On the oldest kernel the pair that shows the difference.
peers='--policy fq+segs1 --policy bbr --policy sluice+bbr'
[ "${KERNEL:-newest}" = newest ] || peers=
# shellcheck disable=SC2086 # words on purpose
tap_run "six, kernel ${KERNEL:-newest}: every expected number is met" \
	"$sluice" lab run six --policy fq $peers --policy sluice --seeds "${SEEDS:-4}" --check
tap_end
