#!/bin/sh
# sluice scope --record with what TCP itself does as trigger: segments that are sent again soon, and after a timeout. ACKs are made to
# vanish at the receiver for so long. Two network namespaces joined by a veth pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

net_begin
net_quiet

# record NAME: the scope with that trigger, in the background; it looks when this returns.
record()
{
	rm -f "$out/$1"
	ip netns exec "$here" "$sluice" scope va --record "$out/$1.pcapng" --trigger "$1" --around 600ms --interval 250ms >"$out/$1" 2>"$out/$1.err" &
	eval "recorder_$1=$!"
	net_started $!
	begun() { grep -qs '^[0-9:]* out' "$out/$1"; }
	tap_until begun "$1"
}

# record_end NAME: what it says of its recording is in $said then.
record_end()
{
	eval "kill -s INT \$recorder_$1; wait \$recorder_$1"
	tap $? "$1: the recording ends well"
	said=$(grep "^recorded to $out/$1.pcapng: " "$out/$1")
}

triggers() { echo "$said" | sed -n 's/.* \([0-9]*\) triggers.*/\1/p'; }

# acks_vanish SECONDS: one process does both, because starting one can take longer than that.
acks_vanish()
{
	{
		echo "route add blackhole 10.9.0.1/32"
		sleep "$1"
		echo "route del blackhole 10.9.0.1/32"
	} | ip -n "$there" -batch -
}

# span NAME: how many ms of packets the file has.
span() { "$sluice" scope "$out/$1.pcapng" --json | perl -MJSON::PP -e 'local $/; printf "%d", decode_json(<STDIN>)->{vantages}[0]{duration_ns} / 1e6'; }

# transfer SECONDS: from here to there, in the background.
transfer()
{
	rm -f "$out/taker"
	# each 50 ms, so that a flow is never silent for 200 ms by itself
	ip netns exec "$there" perl tests/scope/pulses.pl take 0 >"$out/taker" &
	net_started $!
	ready() { [ -s "$out/taker" ]; }
	tap_until ready
	here perl tests/scope/pulses.pl give "$1" &
	giver=$!
	net_started $giver
}

record loss && record rto
transfer 2
wait $giver
transfer 40
sleep 2
acks_vanish 0.06
sleep 1
record_end loss
[ "$(triggers)" -ge 1 ]
tap $? "loss: ACKs that vanish for 60 ms have segments sent again, and that fires ($said)"
grep -aq 'trigger: loss' "$out/loss.pcapng"
tap $? "loss: the file says so"
[ "$(span loss)" -ge 200 ] && [ "$(span loss)" -lt 1700 ]
tap $? "loss: it has what was around it, $(span loss) ms, and not the seconds before"
[ "$("$sluice" scope "$out/loss.pcapng" --json | perl -MJSON::PP -e 'local $/; my $n = 0; $n += $_->{retransmitted_pkts_at_least} for @{decode_json(<STDIN>)->{vantages}[0]{directions}}; print $n')" -ge 1 ]
tap $? "loss: with the segments that were sent again"

acks_vanish 0.7
sleep 0.5
record_end rto
[ "$(triggers)" -ge 1 ] && [ "$(triggers)" -le 3 ]
tap $? "rto: a timeout fires, and nothing before it did ($said)"
grep -aq 'trigger: rto' "$out/rto.pcapng" && ! grep -aq 'trigger: loss' "$out/rto.pcapng"
tap $? "rto: the file says so"
[ "$(span rto)" -ge 200 ] && [ "$(span rto)" -lt 2000 ]
tap $? "rto: it has what was around it, $(span rto) ms"

# shellcheck disable=SC2046 # numbers
kill $(ip netns pids "$here" | net_only perl) $(ip netns pids "$there" | net_only perl); wait $giver 2>/dev/null
sleep 0.2
record loss
transfer 1
wait $giver
record_end loss
[ "$(triggers)" = 0 ] && [ "$("$sluice" scope "$out/loss.pcapng" --json 2>/dev/null | perl -MJSON::PP -e 'local $/; print decode_json(<STDIN>)->{vantages}[0]{pkts}')" = 0 ]
tap $? "loss: a transfer without any records nothing"
tap_end
