#!/bin/sh
# sluice scope DEV --cpu on this machine's kernel: a process that keeps one processor busy for 100 ms of each second is seen in exactly
# these milliseconds, on the axis of the packets. Whatever else runs here makes processors busier, so bounds are from below; from above
# the kernel's own account is compared. Two network namespaces joined by a veth pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

names=build/tests/scope/bpf_names
net_begin
processor=$(sed -n 's/^Cpus_allowed_list:.*[^0-9]\([0-9]*\)$/\1/p' /proc/self/status)
: "${processor:=0}"

# A packet each 20 ms, so that there is an axis and it goes on.
net_ticks
# Of the five programs at tracepoints, and the one that is run once.
ours() { "$names" | grep -c '^cpu_'; }
[ "$(ours)" = 0 ]
tap $? "no program of ours is there before"

taskset -c "$processor" perl tests/scope/burn.pl 600 >"$out/burnt" &
net_started $!
here "$sluice" scope va --cpu --for 5s --interval 250ms --json >"$out/json" 2>"$out/json.err"
tap $? "--cpu --json ends well"
build/tests/json-check object <"$out/json"
tap $? "each line is an object, each number with its unit"
# Each line an object; the last one has the series. Prints: milliseconds inside of the burns; those of them that were full; lines; mean of
# the processors by the programs, by the kernel's account; the burnt one's mean, its highest; milliseconds known, missed; those that were
# not full, as us into the burn and us busy.
judge='
	my ($processor, $burnt) = splice @ARGV, 0, 2;
	my (@burns, @ours, @kernel, $end);
	open my $file, "<", $burnt or die;
	while (<$file>) { push @burns, [split] }
	while (<STDIN>) {
		my $one = decode_json($_);
		if ($one->{vantages}) { $end = $one->{vantages}[0]; next }
		next unless $one->{processors} && $one->{host};
		push @ours, $one->{processors}{busy}{all}{mean_share};
		push @kernel, $one->{host}{busy_share};
	}
	my $all = $end->{processors};
	my ($series, $inside, $full, @short) = ($all->{series}, 0, 0);
	my ($one) = grep { $_->{cpu} == $processor } @{$all->{each}};
	die "bins are joined" if $series->{bin_ns} != 1000000;
	for my $i (0 .. $#{$series->{known_ms}}) {
		my $from = $end->{start_real_ns} + $i * 1000000;
		next unless $series->{known_ms}[$i];
		my ($burn) = grep { $from >= $_->[0] && $from + 1000000 <= $_->[1] } @burns;
		next unless $burn;
		$inside++;
		if ($series->{max_one_busy_ns}[$i] >= 990000) { $full++; next }
		push @short, sprintf "%d:%d", ($from - $burn->[0]) / 1000, $series->{max_one_busy_ns}[$i] / 1000;
	}
	my ($sum, $account) = (0, 0);
	$sum += $_ for @ours;
	$account += $_ for @kernel;
	printf "%d %d %d %.0f %.0f %.0f %.0f %d %d %s\n", $inside, $full, scalar @ours, 1000 * $sum / (@ours || 1),
		1000 * $account / (@kernel || 1), 1000 * $one->{busy}{mean_share}, 1000 * $one->{busy}{peak_1ms_share},
		$all->{known_ms}, $all->{missed_ms}, join(",", @short) || "none";
'
# shellcheck disable=SC2046 # numbers
set -- $(perl -MJSON::PP -e "$judge" "$processor" "$out/burnt" <"$out/json")
[ $# = 10 ]
tap $? "its lines are objects, and the last one has the series ($*)"
[ "$1" -ge 180 ]
tap $? "two burns and more are on the axis of the packets: $1 ms"
[ "$2" = "$1" ]
tap $? "in each of their milliseconds one processor was full (not full: $(echo "${10}" | cut -c 1-200))"
[ "$(($6 * $8))" -ge "$(($1 * 980))" ] && [ "$7" -ge 999 ]
tap $? "it is the one that was burnt: mean $6 of 1000, highest millisecond $7 of 1000"
[ "$3" -ge 15 ] && [ "$4" -ge "$(($5 - 150))" ] && [ "$4" -le "$(($5 + 150))" ]
tap $? "the mean of all is the kernel's own: $4 and $5 of 1000, over $3 quarters of a second"
[ "$8" -ge 4500 ] && [ "$9" -le 50 ]
tap $? "nearly all milliseconds are known: $8, $9 missed"
grep -q '"softirq":{"all":{"mean_share":[0-9.e-]*,"peak_1ms_share":[0-9.e-]*},"one":{"cpu":[0-9]*,' "$out/json"
tap $? "softirqs have a mean, a highest millisecond, and the processor with most"
gone() { [ "$(ours)" = 0 ]; }
tap_until gone
tap $? "nothing stays attached"

ip netns exec "$here" "$sluice" scope va --cpu --for 20s >"$out/killed" 2>&1 &
looker=$!
there() { [ "$(ours)" = 6 ]; }
tap_until there
tap $? "while it looks the programs are there"
lined() { grep -q ' cpu=[0-9]*% cpu_1ms=[0-9]*% cpu_of_one=[0-9]*% cpu_of_one_1ms=[0-9]*% softirq=[0-9]*% softirq_1ms=' "$out/killed"; }
tap_until lined
tap $? "a line has means and highest milliseconds, busy and of softirqs"
kill -9 $looker
wait $looker 2>/dev/null
tap_until gone
tap $? "after SIGKILL nothing stays attached either"

here "$sluice" scope va --cpu --for 2500ms --report "$out/page.html" --fail-if 'cpu_pmr_1ms<1' --fail-if 'cpu_one_peak_1ms>=999000' \
	>"$out/holds" 2>"$out/holds.err"
[ $? = 3 ] && grep -q "'cpu_one_peak_1ms>=999000' holds" "$out/holds.err" && [ "$(wc -l <"$out/holds.err")" = 1 ]
tap $? "--fail-if knows the processors; no highest millisecond is below its mean"
grep -q '^processors: [0-9]*, looked at for ' "$out/holds" && grep -q '^  peak of 1 ms over the mean   all [0-9.]* (' "$out/holds"
tap $? "the figures at the end have them"
grep -q 'data-kind="cpu"' "$out/page.html" && grep -q 'Of the time of all' "$out/page.html"
tap $? "so has the page"
here "$sluice" scope va --cpu --for 1500ms --prometheus >"$out/prometheus" 2>&1
grep -q '^sluice_scope_cpu_pmr_1ms{vantage="qdisc:va"} [0-9.]*$' "$out/prometheus" &&
	grep -q '^sluice_scope_softirq_one_peak_1ms_ratio{vantage="qdisc:va"} ' "$out/prometheus"
tap $? "and Prometheus"

here setpriv --bounding-set=-sys_admin,-bpf,-perfmon "$sluice" scope va --cpu --for 1500ms --json >"$out/none" 2>"$out/none.err"
[ $? = 0 ] && tail -n 1 "$out/none" | grep -q '"processors":null,"processors_unknown_why":"BPF needs the capabilities'
tap $? "without the capabilities of BPF they are null, and it says why"
here setpriv --bounding-set=-sys_admin,-bpf,-perfmon "$sluice" scope va --cpu --for 500ms --fail-if 'cpu_pmr_1ms>1' >"$out/none" 2>"$out/none.err"
[ $? = 1 ] && grep -q 'cpu_pmr_1ms cannot be known here' "$out/none.err" && grep -q '^processors are not known: BPF needs' "$out/none"
tap $? "and a condition on them cannot be judged"
here "$sluice" scope va --tap --cpu --for 1500ms >"$out/tap" 2>&1 && grep -q '^processors: ' "$out/tap"
tap $? "beside a packet socket without BPF they are seen as well"
tap_end
