# tc with q_sluice.so: every option set through tc, read back by both, bad words refused in one sentence, valid JSON.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
export TC_LIB_DIR="$lab/bin"
all='rate 926mbit overhead 38 maxrate 9.26gbit gain 120% gain_ss 100% burst 50us train 4 limit 20000 flow_limit 200 horizon 2s
	gap_frames 200us timer_slack 50us forward auto smooth 8ms ce_threshold 1ms codel_target off codel_interval 20ms'

# options_json COMMAND...: the options as JSON, without blanks.
options_json() { "$@" | tr -d ' \n' | grep -o '"options":{[^}]*}'; }
same_options()
{
	by_tc=$(options_json tc -j qdisc show dev nic0) || return 1
	[ "$by_tc" = "$(options_json sluice show nic0 --json)" ]
}
shows()
{
	words=$(tc qdisc show dev nic0)
	# shellcheck disable=SC2086 # words on purpose
	set -- $1
	while [ $# -gt 1 ]; do
		case "$words " in *" $1 $2 "*) ;; *) echo "no '$1 $2' in: $words"; return 1 ;; esac
		shift 2
	done
}
says_once() { [ "$("$@" 2>&1 | wc -l)" = 1 ]; }

load
pair d
check "tc: sluice without options" tc qdisc replace dev nic0 root sluice
check "tc: prints the options" shows "overhead 24 gain 90% gain_ss 69% burst auto train 1 limit 10000 flow_limit 100"
check "tc -j: the options as sluice show prints them" same_options
# shellcheck disable=SC2086
check "tc: every option at once" tc qdisc replace dev nic0 root sluice $all
check "tc: prints them again" shows "$all"
check "tc -j: every option as sluice show prints it" same_options
check "tc: change of one option" tc qdisc change dev nic0 root sluice limit 77
check "tc: keeps the others" shows "rate 926mbit limit 77 burst 50us"
refuse "tc: an unknown option" tc qdisc change dev nic0 root sluice quantum 1
refuse "tc: gbps" tc qdisc change dev nic0 root sluice rate 1gbps
check "tc: says so in one line" says_once tc qdisc change dev nic0 root sluice rate 1gbps
refuse "tc: an option without a value" tc qdisc change dev nic0 root sluice limit
check "tc: a refused change changes nothing" shows "rate 926mbit limit 77"
# A new address is announced: some packets leave.
must ip addr add fd01::1/64 dev nic0
sleep 5
check "tc -s: statistics" sh -c 'tc -s qdisc show dev nic0 | grep -q "sent_frames [1-9]"'
check "tc -s -j: valid JSON" sh -c 'tc -s -j qdisc show | perl -MJSON::PP -0777 -e "decode_json(<STDIN>)"'
check "tc -s -j: histograms" sh -c 'tc -s -j qdisc show dev nic0 | grep -q "\"lateness_ns_hist\":\[[0-9]"'
check "sluice metrics: the same number as tc's" sh -c 'n=$(tc -s qdisc show dev nic0 | sed -n "s/.* sent_frames \([0-9]*\).*/\1/p")
	sluice metrics | grep -q "^sluice_sent_frames_total{device=\"nic0\",parent=\"root\",handle=\"[0-9a-f]*:\"} $n\$"'
check "tc -s: a flow as a class" sh -c 'tc -s class show dev nic0 | grep -q " sent_frames [1-9]"'
must tc qdisc del dev nic0 root
finish
