#!/bin/sh
# measure.sh: runs what the README and docs/measured.md claim, peers beside Sluice, and writes docs/measured.md from what was printed.
set -u
cd -- "$(dirname -- "$0")/.." || exit 1
out=docs/measured.md
new=$(mktemp) && printed=$(mktemp) && rtts=$(mktemp) && results=$(mktemp) || exit 1
trap 'rm -f "$new" "$printed" "$rtts" "$results"' EXIT
trap 'exit 1' INT TERM

{
	cat <<'HEAD'
# What was measured

Each table is what the command above it printed; `make measure` runs all of them again. The files in `scenarios/` say what is expected and
why. The lab's time is virtual: CPU work takes no time and timers are exact. So these tables show what a policy does to a path. They do not
show what it costs a host ([cost.md](cost.md)) or how late real timers are ([departure.md](departure.md)).
HEAD
} >"$new"

# run WORDS...: what that run prints, in $printed. One that fails ends it all: half a page is none.
run()
{
	echo "measure: sluice lab run $*" >&2
	build/sluice lab run "$@" >"$printed" || exit 1
}

# measure TITLE SENTENCE WORDS...: one section, the words are those of `sluice lab run`.
measure()
{
	printf '\n## %s\n\n%s\n\n    sluice lab run' "$1" "$2" >>"$new"
	shift 2
	for word; do
		case $word in
		*' '*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done >>"$new"
	printf '\n\n```\n' >>"$new"
	run "$@"
	sed '1{/^$/d}' "$printed" >>"$new"
	printf '```\n' >>"$new"
}

# measure_rtts: one sender's goodput at many round trip times.
measure_rtts()
{
	cat >>"$new" <<'TEXT'

## One sender alone, by round trip time

One flow for 20 s, 64 packets of buffer at the bottleneck: Mb/s, and % of segments sent again. Each cell depends on when slow start ends and
on which frame is lost first, so one millisecond more or less changes it. Single cells say little, the mean of a column says more.

    sluice lab run one --set seconds=20 --set rtt=RTT --policy fq --policy fq+segs1 --policy sluice

| RTT | fq | fq+segs1 | sluice |
| --- | --- | --- | --- |
TEXT
	for rtt in 15 18 20 22 25 30 35 38 40 42 45 60 100; do
		run one --set seconds=20 --set rtt=${rtt}ms --policy fq --policy fq+segs1 --policy sluice
		awk -v rtt="$rtt" '$1 ~ /^(fq|fq[+]segs1|sluice)$/ { line = line " | " $2 ", " $3 } END { print "| " rtt " ms" line " |" }' "$printed"
	done >"$rtts"
	awk -F '[|,]' '{ print; for (i = 1; i <= 3; i++) sum[i] += $(2 * i + 1) }
		END { printf "| mean | %.0f | %.0f | %.0f |\n", sum[1] / NR, sum[2] / NR, sum[3] / NR }' "$rtts" >>"$new"
}

# measure_guest: what a lone guest pays in its first second, at many round trip times.
measure_guest()
{
	cat >>"$new" <<'TEXT'

## One guest alone, by round trip time

One flow of a guest for its first second, Mb/s. Nothing is in its way: a path of 10 Gb/s with 4000 packets of buffer. Here `forward` can
only cost. Its ACKs come back spread, and HyStart in the guest takes ACKs that fill half of the RTT for a full path and leaves slow start.

    sluice lab run guests --set senders=1 --set port_rate=10gbit --set port_buffer_pkts=4000 --set seconds=1 --set rtt=RTT

| RTT | fq | forward 500us | forward 1ms | forward 4ms | forward auto |
| --- | --- | --- | --- | --- | --- |
TEXT
	for rtt in 50us 500us 1ms 2ms 5ms 10ms 20ms 40ms; do
		run guests --set senders=1 --set port_rate=10gbit --set port_buffer_pkts=4000 --set seconds=1 --set rtt=$rtt \
			--policy fq --policy forward-500us --policy forward-1ms --policy forward-4ms --policy forward-auto
		awk -v rtt="$rtt" '$1 ~ /^(fq|forward-.*)$/ { line = line " | " $2 } END { print "| " rtt line " |" }' "$printed" >>"$new"
	done
}

# measure_transfer: what forward adds to a short transfer, at many round trip times.
measure_transfer()
{
	cat >>"$new" <<'TEXT'

## A short transfer of a guest

64 KiB of a guest alone, in ms (`elapsed_ns` of the flow in `--json`). `forward` can hold the last frame of each round trip for all of its
time, and slow start needs three of them, behind that of the handshake.

    sluice lab run guests --set senders=1 --set port_rate=10gbit --set port_buffer_pkts=4000 --set seconds=1 --set 'flow=tcp bytes 64KiB' --set rtt=RTT

| RTT | fq | forward 500us | forward 1ms | forward 4ms | forward auto |
| --- | --- | --- | --- | --- | --- |
TEXT
	for rtt in 100us 1ms 10ms; do
		run guests --set senders=1 --set port_rate=10gbit --set port_buffer_pkts=4000 --set seconds=1 --set 'flow=tcp bytes 64KiB' \
			--set rtt=$rtt --policy fq --policy forward-500us --policy forward-1ms --policy forward-4ms --policy forward-auto --json "$results"
		grep -o '"elapsed_ns": *[0-9]*' "$results" |
			awk -v rtt="$rtt" '{ line = line sprintf(" | %.2f", $2 / 1e6) } END { print "| " rtt line " |" }' >>"$new"
	done
}

# BBR fills what it is given: it has its row where the buffer is shallow, and elsewhere the stock one is enough.
others='--policy pfifo_fast --policy fq --policy fq+segs1 --policy bbr --policy sluice'
measure 'Six senders, a port of 16 packets' 'The best that TCP payload can reach is 949 Mb/s.' six --seeds 10
measure 'Six senders, a port of 64 packets' 'Larger buffers help the stock qdiscs more than single frames.' six --set port_buffer_pkts=64 --seeds 40 $others
measure 'Six senders, a port of 8 packets' 'Half the buffer of the first table.' six --set port_buffer_pkts=8 --seeds 10
measure 'Six senders, a port of 256 packets' 'Where the buffer is deep, pacing buys nothing.' six --set port_buffer_pkts=256 --seeds 4 $others
measure 'Thirty-two senders, a port of 16 packets' 'Many flows smooth each other: fq with gso_max_segs 1 carries as much.' six --set senders=32 --seeds 8 $others
measure 'BBR alone' 'BBR takes its rate from the payload that arrives; 400 packets of buffer at the bottleneck.' bbr --seeds 4
measure 'One device rate' 'Four TCP and two UDP flows leave one host at 926 Mb/s.' device
measure 'A greedy socket' 'One UDP socket sends 1.2 Gb/s beside four TCP flows; the device has 926 Mb/s. Each TCP flow gets 174 Mb/s under cake and under Sluice, 1.7 by
the rate without the module and 0.1 under tbf (`goodput_bits_ps` of `flows` in `--json`).' greedy
measure 'Video frames beside TCP' 'An application hands over 100 kB at once every 16.7 ms.' frames
measure 'Video of eight hosts' 'Frames of 100 kB every 16.7 ms from each of eight hosts meet in one port. Their programs ask for no rate. With smooth the last datagram of a frame leaves up to that time later.' video --seeds 4
measure 'Departure times from the application' 'SO_TXTIME, one datagram per 100 us.' txtime
measure 'Six senders without the module' 'The six senders with the kernel'"'"'s fq: as it is, with gso_max_segs 1 by hand, and as sluice on --no-module sets it.' no-module --seeds 4
measure 'Bundles of UDP segments' 'UDP GSO, ten segments per bundle, SO_MAX_PACING_RATE.' gso
measure 'Short transfers' 'The initial window (P7).' startup
measure_rtts
measure 'A real program' 'iperf3 from three hosts to three servers behind one port of 32 packets.' program --seeds 4
measure 'A web server' 'sendfile() from three hosts to curl, behind one port of 32 packets.' http --seeds 4
measure 'The gain of slow start' 'Six senders, gain_ss from 60 to 100 %.' gain --seeds 10
measure 'Guests of six hosts' 'The six senders are guests, and the policy is that of their hosts, which forward.' guests --seeds 6
measure 'Guests of six hosts, a port of 64 packets' 'A larger buffer at the port.' guests --set port_buffer_pkts=64 --seeds 4 --policy fq --policy forward-1ms --policy forward-4ms --policy forward-auto
measure 'Six flows of one guest' 'One host forwards six flows.' guests --set senders=1 --set 'flow=tcp count 6 start 0..78ms' --seeds 4 --policy fq --policy cake --policy forward-1ms --policy forward-4ms --policy forward-auto
measure_guest
measure_transfer
measure 'Around the world' 'One sender, RTT 500 ms, a tenth of OC-192.' one
cat "$new" >"$out"
