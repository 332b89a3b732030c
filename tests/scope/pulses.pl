# SPDX-License-Identifier: GPL-2.0
# pulses.pl take|give SECONDS: TCP to port 7777 of 10.9.0.2, 20 kB each 50 ms; the one that takes says when it is ready.
use IO::Socket::INET;
my ($what, $seconds) = @ARGV;
if ($what eq "take") {
	my $all = IO::Socket::INET->new(LocalPort => 7777, Listen => 1, ReuseAddr => 1) or die;
	print "ready\n";
	close(STDOUT);
	my $one = $all->accept or die;
	1 while sysread($one, my $bytes, 65536);
} else {
	my $one = IO::Socket::INET->new(PeerAddr => "10.9.0.2", PeerPort => 7777) or die;
	for (1 .. $seconds * 20) { syswrite($one, "x" x 20000); select(undef, undef, undef, .05); }
}
