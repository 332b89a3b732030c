# burn.pl SECONDS: keeps a processor busy for the first 100 ms of each of its seconds, and prints when: from and to in ns a line, by
# CLOCK_MONOTONIC moved to CLOCK_REALTIME once, at the start, as the scope does: who sets the clock meanwhile changes neither. A burn in
# which it had to wait for something (a page, say) is not printed. If somebody else runs there meanwhile it is as busy.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_REALTIME sleep);

# CLOCK_REALTIME less CLOCK_MONOTONIC in s, from the narrowest of some brackets.
sub delta {
	my ($width, $ret) = (1);
	for (1 .. 100) {
		my $before = clock_gettime(CLOCK_MONOTONIC);
		my $real = clock_gettime(CLOCK_REALTIME);
		my $after = clock_gettime(CLOCK_MONOTONIC);
		next if $after - $before >= $width;
		$width = $after - $before;
		$ret = $real - ($before + $after) / 2;
	}
	return $ret;
}

sub waits {
	open my $file, "<", "/proc/self/status" or die;
	return (map { /^voluntary_ctxt_switches:\s*(\d+)/ ? $1 : () } <$file>)[0];
}

$| = 1;
my $delta = delta();
for (1 .. shift) {
	my $waits = waits();
	my $from = clock_gettime(CLOCK_MONOTONIC);
	my $now;

	do { $now = clock_gettime(CLOCK_MONOTONIC) } while ($now - $from < 0.1);
	printf "%.0f %.0f\n", ($from + $delta) * 1e9, ($now + $delta) * 1e9 if waits() == $waits;
	sleep($from + 1 - clock_gettime(CLOCK_MONOTONIC));
}
