# burn.pl SECONDS: keeps a processor busy for the first 100 ms of each of its seconds, and prints when: two times in ns a line. If somebody
# else runs there meanwhile it is as busy.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_REALTIME sleep);

$| = 1;
for (1 .. shift) {
	my $from = clock_gettime(CLOCK_REALTIME);
	my $now;

	do { $now = clock_gettime(CLOCK_REALTIME) } while ($now - $from < 0.1);
	printf "%.0f %.0f\n", $from * 1e9, $now * 1e9;
	sleep($from + 1 - $now);
}
