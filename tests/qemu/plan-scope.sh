# plan-scope.sh: the scope's live source on this kernel, by its own tests, and what it says of departures behind fq and
# behind Sluice. Ports 5400 and 5401.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# departures PORT QDISC...: TCP through it, which keeps to departure times.
departures()
{
	port=$1
	shift
	tc qdisc replace dev wire1 root "$@"
	rm -f "$tmp/departures"
	sluice scope qdisc:wire1 --departures --json --interval 250ms >"$tmp/departures" 2>"$tmp/departures.err" &
	scope=$!
	while [ ! -s "$tmp/departures" ] && kill -0 $scope; do sleep 0.1; done
	check "scope, $1: TCP arrives" equal "$(transfer 1 "$port" 204800)" 204800
	kill -s INT $scope
	check "scope, $1: it ends well" wait $scope
	check "scope, $1: no packet leaves before its time" perl -MJSON::PP -e '
		my @lines = <STDIN>;
		my ($out) = grep { $_->{direction} eq "out" } @{decode_json($lines[-1])->{vantages}[0]{directions}};
		my $error = $out->{metrics}{departure_error};
		print join(", ", map { "$_ " . ($error->{$_} // "unknown") } sort keys %$error), "\n";
		exit !($error->{early_pkts} == 0 && $error->{late_pkts} >= 10);
	' <"$tmp/departures"
	tc qdisc del dev wire1 root
}

for test in build/tests/scope/records_test tests/scope/live.sh; do
	TMPDIR=$tmp $test >"$tmp/tap" 2>&1
	sed -n 's/^\(ok\|not ok\) [0-9]* - /tap: \1 - scope: /p' "$tmp/tap"
	grep -v '^ok' "$tmp/tap" | sed 's/^/# /'
	check "scope: $test comes to its end" grep -q '^1\.\.' "$tmp/tap"
done
up 1 wire1 far1
check "scope: load" load
departures 5400 fq maxrate 20mbit
departures 5401 sluice maxrate 20mbit
down wire1 far1
gone scope
