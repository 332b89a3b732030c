#!/bin/sh
# metrics.sh: what `sluice metrics` says, into which files, to whom; and that the dashboard asks for nothing else. In a network namespace
# of its own, where every port is free.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
if [ "${1:-}" != inside ]; then
	exec unshare --user --map-root-user --net "$0" inside
fi

# shellcheck source=tests/tap.sh
. tests/tap.sh
sample=build/tests/show-sample
metrics_check=build/tests/metrics-check
dashboard=packaging/grafana/sluice.json
export LC_ALL=C.UTF-8
server=
trap 'kill $server 2>/dev/null; rm -rf "$out"' EXIT

# ---- the format ----

good() { "$metrics_check" <"$1"; }
"$sample" metrics >"$out/sample"
tap_run "metrics of two devices are in Prometheus' format" good "$out/sample"
"$sample" metrics 72 >"$out/older"
tap_run "so are those of an older module" good "$out/older"
"$sample" metrics 0 >"$out/none"
tap_run "and those of one that says nothing" good "$out/none"
"$sluice" metrics >"$out/host"
tap_run "and those of this host" good "$out/host"

# The judge must see what is wrong: each change below is a fault.
wrong()
{
	sed "$2" "$out/sample" >"$out/wrong"
	! cmp -s "$out/sample" "$out/wrong" && ! "$metrics_check" <"$out/wrong" >/dev/null
	tap $? "the test sees $1"
}
wrong "a missing TYPE" '/TYPE sluice_flows gauge/d'
wrong "a missing HELP" '/HELP sluice_flows /d'
wrong "a metric in two places" '$p;$!{/HELP sluice_flows /h;};${g;s/$/ /;}'
wrong "a sample that comes twice" '/^sluice_flows_due{device="eth0"/p'
wrong "a counter without _total" 's/sluice_sent_frames_total/sluice_sent_frames/'
wrong "a unit that is no base unit" 's/sluice_burst_now_seconds/sluice_burst_now_ns/'
wrong "buckets that fall" 's/\(hold_seconds_bucket.*le="0.000001023"}\) .*/\1 1/'
wrong "a count that is not that of +Inf" 's/\(hold_seconds_count.*}\) .*/\1 1/'
wrong "a missing +Inf" '/hold_seconds_bucket.*+Inf/d'
wrong "a quotation mark in a label" 's/a\\"b/a"b/'
wrong "a value that is none" 's/\(sluice_flows{.*}\) .*/\1 NaN/'

grep -qF 'sluice_flows{device="a\"b\\c\n?",parent="1:2",handle="8001:"} 8' "$out/sample"
tap $? "labels: device, parent and handle, escaped"
! grep -q 'kind\|"fq"' "$out/sample" && grep -q '^sluice_qdiscs 2$' "$out/sample"
tap $? "qdiscs of other kinds are left out"
grep -q '^sluice_lateness_max_seconds{device="eth0".*} 0.00001825$' "$out/sample" &&
	grep -q '^sluice_option_gain_ratio{device="eth0".*} 0.9$' "$out/sample" &&
	grep -q '^sluice_link_speed_bytes_per_second{device="eth0".*} 1250000000$' "$out/sample"
tap $? "values are in base units, exact"
grep -q '^sluice_fq_qdiscs 1$' "$out/sample" && grep -q '^sluice_fq_throttles_total{device="leaf9",parent="5c0:1",handle="5c1:"} 200000$' "$out/sample" &&
	grep -q '^sluice_fq_unthrottle_latency_seconds{device="leaf9".*} 0.000002863$' "$out/sample" &&
	grep -q '^sluice_option_train_frames{device="leaf9".*} 1$' "$out/sample" && ! grep -q '^sluice_sent_frames_total{device="leaf9"' "$out/sample"
tap $? "an fq that paces without the module: its own counters, and the options that it has"

# told_of include|exclude REGEX: how many qdiscs there are, and their devices
told_of()
{
	"$sample" metrics 72 "$@" >"$out/told" && good "$out/told" &&
		sed -n 's/^sluice_qdiscs //p; s/^sluice_qdisc_sent_bytes_total{device="\(.*\)",parent.*/\1/p' "$out/told" | tr '\n' ' '
}
[ "$(told_of include '^eth[0-9]$')" = "1 eth0 " ] && [ "$(told_of include th)" = "1 eth0 " ] && [ "$(told_of include '^th')" = "0 " ]
tap $? "--device-include: only devices whose name matches"
[ "$(told_of exclude '^eth')" = '1 a\"b\\c\n? leaf9 ' ] && [ "$(told_of exclude 'lo|tap')" = '2 eth0 a\"b\\c\n? leaf9 ' ]
tap $? "--device-exclude: only the others"
"$sluice" metrics --device-include . >"$out/host" && good "$out/host"
tap $? "metrics with a filter are in Prometheus' format"

# From the header, and not from the table that the command has.
awk '/^struct tc_sluice_xstats/ { inside = 1 } /^}/ { inside = 0 }
	inside && /__u(32|64)/ { sub(/[;[].*/, ""); print $2 }' kernel/uapi/sluice.h >"$out/fields"
while read -r field; do
	name=$(echo "$field" | sed 's/_ns_hist$/_seconds/; s/_hist$//; s/_ns$/_seconds/; s/_pkt_/_packet_/; s/_pkts$/_packets/
		s/_mbits_ps$/_bytes_per_second/')
	grep -qE "^sluice_${name}(_total|_count)?\{" "$out/sample" || echo "$field"
done <"$out/fields" >"$out/forgotten"
[ "$(wc -l <"$out/fields")" -ge 35 ] && [ ! -s "$out/forgotten" ]
tap $? "every statistic of uapi/sluice.h is a metric"
sed 's/^/# /' "$out/forgotten"

# ---- the textfile ----

mkdir "$out/collector"
umask 077
tap_run "a textfile is written" "$sluice" metrics --textfile "$out/collector/sluice.prom"
[ "$(stat -c %a "$out/collector/sluice.prom")" = 644 ] && good "$out/collector/sluice.prom" >/dev/null &&
	[ "$(ls "$out/collector")" = sluice.prom ]
tap $? "it is readable for others, and alone"
echo old >"$out/collector/sluice.prom"
(trap '' XFSZ; ulimit -f 0; exec "$sluice" metrics --textfile "$out/collector/sluice.prom" 2>"$out/stderr")
code=$?
[ "$code" = 1 ] && [ "$(cat "$out/collector/sluice.prom")" = old ] && [ "$(ls "$out/collector")" = sluice.prom ]
tap $? "when it cannot be written the old one stays, and nothing else"
"$sluice" metrics --textfile "$out/nosuch/sluice.prom" 2>"$out/stderr"
code=$?
[ "$code" = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "a folder that is not there: one sentence, exit code 1"
"$sluice" metrics >/dev/full 2>"$out/stderr"
code=$?
[ "$code" = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "a full disk is reported"

# ---- the endpoint ----

port=9977
ip link set lo up
"$sluice" metrics --listen "$port" >"$out/server" 2>&1 &
server=$!
curl -s --retry 60 --retry-connrefused --retry-delay 1 -o "$out/pulled" -D "$out/head" "http://127.0.0.1:$port/metrics"
good "$out/pulled" >/dev/null && grep -q '^Content-Type: text/plain; version=0.0.4' "$out/head" && grep -q ' 200 OK' "$out/head"
tap $? "GET /metrics: the metrics, with their type"

# answer WORDS: the first line of what comes back for bytes on a connection, as printf writes them.
answer()
{
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift) or die;
		$SIG{PIPE} = "IGNORE"; print $s $ARGV[0] =~ s/\\r/\r/gr =~ s/\\n/\n/gr; $s->flush; shutdown($s, 1) if $ARGV[1];
		my $line = <$s>; print $line // "nothing\n"' "$port" "$@"
}
answers()
{
	wanted=$1 claim=$2
	shift 2
	answer "$@" >"$out/answer" 2>&1
	grep -q " $wanted " "$out/answer"
	tap $? "$claim: $wanted"
}
answers 200 "HTTP/1.0" 'GET /metrics HTTP/1.0\r\n\r\n'
answers 200 "a query" 'GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n'
answers 404 "another path" 'GET / HTTP/1.0\r\n\r\n'
answers 404 "a longer path" 'GET /metricsx HTTP/1.0\r\n\r\n'
answers 405 "another method" 'POST /metrics HTTP/1.0\r\n\r\n'
answers 400 "half a request" 'GET /metrics HTTP/1.0\r\n' 1
answers 400 "nothing" '' 1
answers 400 "a request that is too long" "GET /$(head -c 5000 /dev/zero | tr '\0' x)"
began=$(date +%s)
answers 400 "a request that does not end" 'GET /metrics'
[ $(($(date +%s) - began)) -le 10 ]
tap $? "nobody is waited for longer than that"
answers 200 "afterwards the next one" 'GET /metrics HTTP/1.0\r\n\r\n'
"$sluice" metrics --listen "127.0.0.1:$port" 2>"$out/stderr"
code=$?
[ "$code" = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q 'another program' "$out/stderr"
tap $? "a port that is taken: one sentence, exit code 1"
grep -q "0100007F:$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp && ! grep -q "00000000:$(printf %04X "$port") 0" /proc/net/tcp
tap $? "it listens at 127.0.0.1 unless told otherwise"
kill -TERM $server
wait $server
tap $? "SIGTERM ends it, exit code 0"
server=

# ---- the scope's figures ----

capture=tests/fuzz/corpus/pcap/us_le.pcap
"$sluice" scope --prometheus "$capture" >"$out/scope" && good "$out/scope"
tap $? "scope: figures of a capture are in good form"
"$sluice" scope --prometheus --line-rate 100mbit --rate 1mbit --bottleneck 1mbit "$capture" >"$out/scope" && good "$out/scope"
tap $? "scope: and those that take rates"
# Phases take tens of milliseconds at the rate, the rest round trips and flows side by side, departures a device, retention and delay
# variation two places.
absent=$(grep -oP '^\t\{ "\K[a-z0-9_]+' user/scope/figure.c | while read -r figure; do
	grep -qE "^# TYPE sluice_scope_${figure}(_seconds|_ratio|_packets|_bytes_per_second)? " "$out/scope" || printf ' %s' "$figure"
done)
[ "$absent" = " mtie_10ms mtie_1s tdev_10ms departure_bias departure_p50 departure_p99 departure_p999 departure_max departure_early ack_compressed rtt_inflation standing_queue standing_queue_max pdv_p50 pdv_p99 pdv_p999 pdv_max retention_bef_125 retention_gap_cov jain_1s jain_100ms jain_converged" ]
tap $? "scope: every figure is there but those that this capture cannot tell:$absent"

# ---- the dashboard and the units ----

perl -MJSON::PP -0777 -e 'my @todo = decode_json(<STDIN>); while (@todo) { my $x = shift @todo;
	if (ref $x eq "HASH") { print "$x->{expr}\n" if exists $x->{expr}; push @todo, values %$x } elsif (ref $x eq "ARRAY") { push @todo, @$x } }' \
	<"$dashboard" >"$out/expressions"
grep -oE 'sluice_[a-z_]+' "$out/expressions" | sort -u >"$out/asked"
sed -n 's/^\(sluice_[a-z_]*\).*/\1/p' "$out/sample" | sort -u >"$out/emitted"
comm -23 "$out/asked" "$out/emitted" >"$out/unknown"
[ "$(wc -l <"$out/asked")" -ge 10 ] && [ ! -s "$out/unknown" ]
tap $? "the dashboard asks for metrics that are there only ($(wc -l <"$out/asked"))"
sed 's/^/# /' "$out/unknown"
# knows WORDS: the help of the command has every flag among the words.
knows()
{
	"$sluice" "${1%% *}" --help >"$out/help" || return 1
	for flag in $(echo "$1" | grep -oE -- '--[a-z]+'); do
		grep -q -- "$flag" "$out/help" || return 1
	done
}
for unit in packaging/systemd/sluice-metrics*.service; do
	words=$(sed -n 's/^ExecStart=[^ ]*sluice //p' "$unit")
	[ -n "$words" ] && knows "$words"
	tap $? "$(basename "$unit") starts a command that there is"
done
tap_end
