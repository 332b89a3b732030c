#!/bin/sh
# tcp.sh: what the scope and tcptrace say of the same TCP transfers, as TAP: packets, payload, what was sent again; and in which runs,
# by the sequences that tshark reads. The captures are a sender's wire in the lab, with loss; needs tcptrace and tshark, so it is no part of ./check.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
command -v tshark >/dev/null || { echo "tcp.sh: tshark is missing; install it with apt-get install tshark" >&2; exit 3; }
command -v tcptrace >/dev/null || { echo "tcp.sh: tcptrace is missing; install it with apt-get install tcptrace" >&2; exit 3; }

# of_scope CAPTURE: packets, payload bytes, packets and bytes sent again of the first flow
of_scope()
{
	"$sluice" scope --json --top 1 "$1" | awk '
		/"pkts":/ { pkts = $2 }
		/"payload_bytes":/ { payload = $2 }
		/"retransmitted_pkts":/ { again = $2 }
		/"retransmitted_bytes":/ { again_bytes = $2 }
		END { print pkts + 0, payload + 0, again + 0, again_bytes + 0 }'
}

of_tcptrace()
{
	tcptrace -l "$1" 2>/dev/null | awk '
		/total packets:.*total packets:/ { pkts = $3 }
		/actual data bytes:/ { payload = $4 }
		/rexmt data pkts:/ { again = $4 }
		/rexmt data bytes:/ { again_bytes = $4 }
		END { print pkts + 0, payload + 0, again + 0, again_bytes + 0 }'
}

# runs_of_scope CAPTURE: packets sent again of the first flow, in how many runs, the longest
runs_of_scope()
{
	"$sluice" scope --json --top 1 "$1" | awk '
		/"retransmitted_pkts":/ { again = $2 }
		/"loss_runs":/ { runs = $2 }
		/"loss_run_max_pkts":/ { most = $2 }
		END { print again + 0, runs + 0, most + 0 }'
}

# The same from sequences as tshark reads them: what lies below the highest end was sent before.
runs_of_tshark()
{
	tshark -n -r "$1" -Y "tcp.len > 0" -T fields -e tcp.seq -e tcp.len 2>/dev/null | awk '
		$1 >= top { top = $1 + $2; next }
		{
			if (!again || $1 != end) {
				runs++
				run = 0
			}
			again++
			end = $1 + $2
			if (++run > most)
				most = run
		}
		END { print again + 0, runs + 0, most + 0 }'
}

for policy in fq sluice; do
	tap_run "six, $policy: runs" "$sluice" lab run six --policy "$policy" --seed 3 --set seconds=3 --set warmup=0 --pcap "$out/$policy"
	for sender in 1 2 3; do
		capture=$out/$policy/$policy-seed3-wire-$sender.pcap
		ours=$(of_scope "$capture") theirs=$(of_tcptrace "$capture")
		[ -n "$ours" ] && [ "$ours" = "$theirs" ]
		tap $? "$policy, sender $sender: tcptrace agrees (packets, payload, sent again: $ours; it: $theirs)"
		ours=$(runs_of_scope "$capture") theirs=$(runs_of_tshark "$capture")
		[ -n "$ours" ] && [ "$ours" = "$theirs" ]
		tap $? "$policy, sender $sender: tshark's sequences agree (sent again, in runs, longest: $ours; by them: $theirs)"
	done
done
tap_end
